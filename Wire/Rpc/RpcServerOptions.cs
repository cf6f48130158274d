namespace Axoneme.Wire.Rpc;

/// <summary>Where a server listens and what it puts up with.</summary>
public sealed record RpcServerOptions
{
    /// <summary>The Unix socket, mode 0600; an old one is replaced.</summary>
    public required string SocketPath { get; init; }

    /// <summary>Larger messages are neither read nor sent.</summary>
    public int MaxMessageBytes { get; init; } = RpcChannelOptions.DefaultMaxMessageBytes;

    /// <summary>A connection that was silent for so long is asked for a sign of life.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>It is closed when it gives none within.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The status of what a handler threw, null for <see cref="RpcStatus.Internal"/>, which is logged. A <see cref="RpcException"/> names its own.
    /// </summary>
    public Func<Exception, RpcStatus?> StatusOf { get; init; } = failure => failure is ArgumentException ? RpcStatus.InvalidArgument : null;
}
