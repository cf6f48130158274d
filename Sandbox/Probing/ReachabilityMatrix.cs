namespace Axoneme.Sandbox.Probing;

/// <summary>Who reaches whom, measured by real connections: nothing in it is derived from policy.</summary>
public sealed record ReachabilityMatrix(DateTimeOffset MeasuredAt, IReadOnlyList<ReachabilityTarget> Targets, IReadOnlyList<ReachabilityRow> Rows)
{
    /// <summary>The source that is the node itself.</summary>
    public const string Host = "host";

    public static ReachabilityMatrix Empty { get; } = new(DateTimeOffset.MinValue, [], []);
}
