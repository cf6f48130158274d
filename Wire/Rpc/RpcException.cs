namespace Axoneme.Wire.Rpc;

/// <summary>A call failed. Handlers throw it to answer with a status of their choice; callers get it with the method and the peer.</summary>
/// <param name="status">How it ended; never <see cref="RpcStatus.Ok"/>.</param>
/// <param name="detail">The reason, for people.</param>
/// <param name="method">What was called: <c>/package.Service/Method</c>; null in a handler.</param>
/// <param name="peer">Who was called, for example <c>unix:/run/axoneme/state.sock</c>; null in a handler.</param>
/// <param name="inner">What it follows from.</param>
public sealed class RpcException(RpcStatus status, string detail, string? method = null, string? peer = null, Exception? inner = null)
    : Exception(method is null ? detail : $"{method} at {peer}: {status}: {detail}", inner)
{
    public RpcStatus Status { get; } = status;

    /// <summary>The reason without method and peer.</summary>
    public string Detail { get; } = detail;

    public string? Method { get; } = method;

    public string? Peer { get; } = peer;
}
