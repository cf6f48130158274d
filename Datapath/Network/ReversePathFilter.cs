using System.Globalization;

namespace Axoneme.Datapath.Network;

/// <summary>
/// The kernel's check that a packet came by the interface its answer would take (RFC 3704), of the calling thread's network namespace. What
/// other nodes themselves send comes by the tunnel and is answered outside of it. The strictest of <c>all</c> and an interface's own setting
/// counts, so every other interface first gets what it had by <c>all</c>.
/// </summary>
public static class ReversePathFilter
{
    internal const string All = "net/ipv4/conf/all/rp_filter";
    private const string Default = "net/ipv4/conf/default/rp_filter";

    /// <summary>What <see cref="Exempt"/> would change: paths with the values they have now.</summary>
    public static IReadOnlyDictionary<string, string> Changes()
    {
        var all = ValueOf(All);
        var changes = new Dictionary<string, string>();
        if (all != 0)
        {
            changes[All] = Sysctl.Read(All);
            foreach (var path in OtherPaths().Where(path => ValueOf(path) < all))
            {
                changes[path] = Sysctl.Read(path);
            }
        }

        return changes;
    }

    /// <summary>Switches the check off for one interface and leaves it as it was for all others.</summary>
    public static void Exempt(string device)
    {
        var changes = Changes();
        foreach (var path in changes.Keys.Where(path => path != All))
        {
            Sysctl.Write(path, changes[All]);
        }

        if (changes.Count > 0)
        {
            Sysctl.Write(All, "0");
        }

        ExemptAlone(device);
    }

    /// <summary>Switches the interface's own check off, which counts as soon as <c>all</c> is off, too. Changes nothing of anybody else.</summary>
    public static void ExemptAlone(string device) => Sysctl.Write(PathOf(device), "0");

    private static IEnumerable<string> OtherPaths() =>
        ForwardingSettings.Interfaces("ipv4").Where(name => !name.StartsWith(NodeDevices.Prefix, StringComparison.Ordinal)).Select(PathOf).Append(Default);

    private static string PathOf(string device) => $"net/ipv4/conf/{device}/rp_filter";

    private static int ValueOf(string path) => int.Parse(Sysctl.Read(path), CultureInfo.InvariantCulture);
}
