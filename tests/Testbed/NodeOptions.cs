namespace Axoneme.Testbed;

/// <summary>How a test's node differs from the next.</summary>
public sealed record NodeOptions
{
    public string Name { get; init; } = "node1";
    public string PodCidr4 { get; init; } = "10.244.0.0/24";
    public string PodCidr6 { get; init; } = "fd00:10:244::/64";

    /// <summary>Attach by clsact although the kernel has tcx.</summary>
    public bool ForceClsact { get; init; }

    /// <summary>More arguments for <c>axoneme-server all-in-one</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}
