using System.IO.Pipelines;
using Google.Protobuf;

namespace Axoneme.Wire.Rpc;

/// <summary>A method as a server answers it.</summary>
public abstract class RpcHandler
{
    private RpcHandler(string path) => Path = path;

    /// <summary>The HTTP path it answers.</summary>
    public string Path { get; }

    /// <summary>One request, one answer.</summary>
    /// <param name="method">Which.</param>
    /// <param name="answer">Answers; whatever it throws becomes a status, a <see cref="RpcException"/> its own. Cancelled when the caller leaves, its deadline passes or the server stops.</param>
    public static RpcHandler Unary<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, Func<TRequest, CancellationToken, Task<TResponse>> answer)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => new UnaryHandler<TRequest, TResponse>(method, answer);

    /// <summary>One request, any number of answers. The next is asked for when the caller's flow control has taken the last.</summary>
    /// <param name="method">Which.</param>
    /// <param name="answer">As of <see cref="Unary"/>.</param>
    public static RpcHandler ServerStream<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<TRequest, CancellationToken, IAsyncEnumerable<TResponse>> answer)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => new ServerStreamHandler<TRequest, TResponse>(method, answer);

    /// <summary>Reads the request, writes answers.</summary>
    internal abstract Task ServeAsync(PipeReader input, PipeWriter output, int maxMessageBytes, CancellationToken cancellationToken);

    private static async ValueTask<T> ReadOnlyMessageAsync<T>(PipeReader input, MessageParser<T> parser, int maxMessageBytes, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var request = await RpcFraming.ReadAsync(input, parser, maxMessageBytes, cancellationToken).ConfigureAwait(false)
            ?? throw new RpcException(RpcStatus.Internal, "the call has no message; it needs one");
        return await RpcFraming.ReadAsync(input, parser, maxMessageBytes, cancellationToken).ConfigureAwait(false) is null
            ? request
            : throw new RpcException(RpcStatus.Internal, "the call has several messages; it takes one");
    }

    private sealed class UnaryHandler<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, Func<TRequest, CancellationToken, Task<TResponse>> answer)
        : RpcHandler(method.Path)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        internal override async Task ServeAsync(PipeReader input, PipeWriter output, int maxMessageBytes, CancellationToken cancellationToken)
        {
            var request = await ReadOnlyMessageAsync(input, method.Request, maxMessageBytes, cancellationToken).ConfigureAwait(false);
            var response = await answer(request, cancellationToken).ConfigureAwait(false);
            RpcFraming.Write(output, response, maxMessageBytes);
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class ServerStreamHandler<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<TRequest, CancellationToken, IAsyncEnumerable<TResponse>> answer) : RpcHandler(method.Path)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        internal override async Task ServeAsync(PipeReader input, PipeWriter output, int maxMessageBytes, CancellationToken cancellationToken)
        {
            var request = await ReadOnlyMessageAsync(input, method.Request, maxMessageBytes, cancellationToken).ConfigureAwait(false);

            // The headers go out at once, so that the caller knows it is listened to although there may be nothing to say for long.
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await foreach (var response in answer(request, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                RpcFraming.Write(output, response, maxMessageBytes);
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
