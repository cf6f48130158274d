namespace Axoneme.Wire.Rpc;

/// <summary>What a caller expects of its peer.</summary>
public sealed record RpcChannelOptions
{
    internal const int DefaultMaxMessageBytes = 16 << 20;

    public static RpcChannelOptions Default { get; } = new();

    /// <summary>Larger messages are neither sent nor read.</summary>
    public int MaxMessageBytes { get; init; } = DefaultMaxMessageBytes;

    /// <summary>How long a call with one answer may take, unless the caller says otherwise.</summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A peer that was silent for so long is asked for a sign of life.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>It counts as gone when it gives none within.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
