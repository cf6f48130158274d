namespace Axoneme.Benchmarks.Packets;

/// <summary>What of throughput is measured, and how thoroughly.</summary>
/// <param name="Pairs">How often each way is measured.</param>
/// <param name="Seconds">How long each time.</param>
/// <param name="Only">What names of rows contain that are wanted; null for all.</param>
internal sealed record ThroughputPlan(int Pairs, double Seconds, string? Only)
{
    private static readonly (string Mode, string Unit, string Name)[] _modes =
    [
        ("rr", "transactions/s", "TCP_RR"), ("crr", "connections/s", "TCP_CRR"), ("stream", "Mbit/s", "TCP_STREAM"), ("udprr", "transactions/s", "UDP_RR"),
    ];

    /// <summary>The modes wanted, such as <c>TCP_RR</c>; null for all.</summary>
    public IReadOnlyList<string>? Modes { get; init; }

    /// <summary>What is measured between the topologies of a comparison; nothing when no row of it is wanted.</summary>
    /// <param name="comparison">Its name, as rows begin.</param>
    public IReadOnlyList<(string Mode, string Unit, string Name)> ModesOf(string comparison) =>
        [.. _modes.Where(mode => Modes?.Contains(mode.Name) != false).Where(mode => Only is null || $"{comparison}: {mode.Name}".Contains(Only, StringComparison.Ordinal))];
}
