namespace Axoneme.Policy;

/// <summary>Identities with a fixed number and meaning, the same as Cilium's (<c>pkg/identity/reserved.go</c>).</summary>
public static class ReservedIdentity
{
    public const uint Host = 1;
    public const uint World = 2;
    public const uint Unmanaged = 3;
    public const uint Health = 4;
    public const uint Init = 5;
    public const uint RemoteNode = 6;
    public const uint KubeApiServer = 7;
    public const uint Ingress = 8;
    public const uint WorldIPv4 = 9;
    public const uint WorldIPv6 = 10;

    private static readonly string[] Names =
        ["unknown", "host", "world", "unmanaged", "health", "init", "remote-node", "kube-apiserver", "ingress", "world-ipv4", "world-ipv6"];

    private static readonly LabelSet[] Labels = Names.Select(LabelsOfName).ToArray();

    /// <summary>All of them, in order.</summary>
    public static IEnumerable<uint> All => Enumerable.Range((int)Host, (int)WorldIPv6).Select(number => (uint)number);

    public static bool IsReserved(uint number) => number is >= Host and <= WorldIPv6;

    /// <summary>The labels a reserved identity carries when nothing else is known about it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not reserved.</exception>
    public static LabelSet LabelsOf(uint number) => IsReserved(number)
        ? Labels[number]
        : throw new ArgumentOutOfRangeException(nameof(number), number, "not a reserved identity");

    /// <summary>For example <c>host</c>; null when the number is not reserved.</summary>
    public static string? NameOf(uint number) => IsReserved(number) ? Names[number] : null;

    private static LabelSet LabelsOfName(string name) => new(name == "kube-apiserver"
        ? [Reserved(name), Reserved("remote-node")]   // the API server is a node; one outside the cluster gets other labels
        : [Reserved(name)]);

    private static Label Reserved(string name) => new(LabelSource.Reserved, name, "");
}
