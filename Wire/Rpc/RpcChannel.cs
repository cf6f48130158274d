using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Axoneme.Wire.Rpc;

/// <summary>
/// Calls a gRPC server. It connects when it is called and again after the connection broke; calls that were running then fail with
/// <see cref="RpcStatus.Unavailable"/> and are the caller's to repeat.
/// </summary>
public sealed class RpcChannel : IDisposable
{
    private const int ReadBufferBytes = 64 << 10;
    private readonly HttpMessageInvoker _http;
    private readonly RpcChannelOptions _options;

    private RpcChannel(string peer, SocketsHttpHandler handler, RpcChannelOptions options) =>
        (Peer, _http, _options) = (peer, new HttpMessageInvoker(handler), options);

    /// <summary>Who is called, as errors name it.</summary>
    public string Peer { get; }

    /// <summary>A channel to a Unix socket. It need not exist yet.</summary>
    /// <exception cref="ArgumentException">The path is empty or longer than a socket's may be (107 bytes).</exception>
    public static RpcChannel ToUnixSocket(string path, RpcChannelOptions? options = null)
    {
        var target = new UnixDomainSocketEndPoint(path);
        options ??= RpcChannelOptions.Default;
        return new RpcChannel($"unix:{path}", Handler(options, async cancellationToken =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(target, cancellationToken).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }), options);
    }

    /// <summary>One request, one answer.</summary>
    /// <param name="method">What to call.</param>
    /// <param name="request">With what.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="deadline">How long it may take, told to the server; null for the channel's.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken, TimeSpan? deadline = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var patience = deadline ?? _options.CallDeadline;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            using var response = await SendAsync(method, request, patience, limit.Token).ConfigureAwait(false);
            var input = await OpenAsync(response, limit.Token).ConfigureAwait(false);
            var answer = await RpcFraming.ReadAsync(input, method.Response, _options.MaxMessageBytes, limit.Token).ConfigureAwait(false);
            if (answer is not null && await RpcFraming.ReadAsync(input, method.Response, _options.MaxMessageBytes, limit.Token).ConfigureAwait(false) is not null)
            {
                throw new RpcException(RpcStatus.Internal, "the answer has several messages");
            }

            ThrowUnlessOk(response);
            return answer ?? throw new RpcException(RpcStatus.Internal, "the answer has no message");
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(RpcStatus.DeadlineExceeded, $"no answer within {patience.TotalSeconds:0.###} s", method.Path, Peer, failure);
        }
        catch (Exception failure) when (StatusOf(failure) is var (status, detail))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new RpcException(status, detail, method.Path, Peer, failure);
        }
    }

    /// <summary>
    /// One request, answers until the server ends them. What the reader has not asked for stays with the server, but for the connection's
    /// window. Ending the enumeration cancels the call.
    /// </summary>
    /// <exception cref="RpcException">The call failed, or broke off.</exception>
    public async IAsyncEnumerable<TResponse> ReadStreamAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        HttpResponseMessage? response = null;
        PipeReader? input = null;
        try
        {
            while (true)
            {
                TResponse? answer;
                try
                {
                    response ??= await SendAsync(method, request, deadline: null, cancellationToken).ConfigureAwait(false);
                    input ??= await OpenAsync(response, cancellationToken).ConfigureAwait(false);
                    answer = await RpcFraming.ReadAsync(input, method.Response, _options.MaxMessageBytes, cancellationToken).ConfigureAwait(false);
                    if (answer is null)
                    {
                        ThrowUnlessOk(response);
                    }
                }
                catch (Exception failure) when (StatusOf(failure) is var (status, detail))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    throw new RpcException(status, detail, method.Path, Peer, failure);
                }

                if (answer is null)
                {
                    yield break;
                }

                yield return answer;
            }
        }
        finally
        {
            response?.Dispose();
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Handler(RpcChannelOptions options, Func<CancellationToken, ValueTask<Stream>> connect) => new()
    {
        ConnectCallback = (_, cancellationToken) => connect(cancellationToken),
        ConnectTimeout = options.ConnectTimeout,
        KeepAlivePingDelay = options.KeepAliveDelay,
        KeepAlivePingTimeout = options.KeepAliveTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
    };

    private async Task<HttpResponseMessage> SendAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, TimeSpan? deadline, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var body = new ArrayBufferWriter<byte>(256);
        RpcFraming.Write(body, request, _options.MaxMessageBytes);
        using var message = new HttpRequestMessage(HttpMethod.Post, $"http://localhost{method.Path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body.WrittenMemory) { Headers = { ContentType = new MediaTypeHeaderValue(RpcHeaders.ContentType) } },
            Headers = { TE = { new TransferCodingWithQualityHeaderValue("trailers") } },
        };
        if (deadline is { } time)
        {
            message.Headers.Add(RpcHeaders.Timeout, RpcHeaders.EncodeTimeout(time));
        }

        return await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<PipeReader> OpenAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK || !RpcHeaders.IsContentType(response.Content.Headers.ContentType?.MediaType))
        {
            throw new RpcException(
                RpcHeaders.FromHttp((int)response.StatusCode),
                $"the peer answered with HTTP {(int)response.StatusCode} and content type \"{response.Content.Headers.ContentType}\": it does not speak gRPC there");
        }

        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBufferBytes, leaveOpen: true));
    }

    /// <summary>After the body: the status is in the trailers, or in the headers when there is nothing else.</summary>
    private static void ThrowUnlessOk(HttpResponseMessage response)
    {
        var value = Value(RpcHeaders.Status) ?? throw new RpcException(RpcStatus.Internal, "the answer ended without a status");
        if (!int.TryParse(value, out var number) || !Enum.IsDefined((RpcStatus)number))
        {
            throw new RpcException(RpcStatus.Unknown, $"the answer's status is \"{value}\", which is none");
        }

        if (number != (int)RpcStatus.Ok)
        {
            throw new RpcException((RpcStatus)number, RpcHeaders.DecodeMessage(Value(RpcHeaders.Message) ?? "no reason given"));
        }

        string? Value(string name) =>
            response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : null;
    }

    /// <summary>Null for what is no failure of the call: cancellation, or a mistake of ours.</summary>
    private static (RpcStatus Status, string Detail)? StatusOf(Exception failure) => failure switch
    {
        RpcException { Method: null } own => (own.Status, own.Detail),
        HttpProtocolException protocol => (RpcHeaders.FromHttp2Error(protocol.ErrorCode), protocol.Message),
        { InnerException: HttpProtocolException protocol } => (RpcHeaders.FromHttp2Error(protocol.ErrorCode), protocol.Message),
        HttpRequestException { InnerException: SocketException socket } => (RpcStatus.Unavailable, Reason(socket)),
        HttpRequestException or IOException or SocketException => (RpcStatus.Unavailable, failure.Message),
        _ => null,
    };

    private static string Reason(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => "the socket does not exist",
        SocketError.ConnectionRefused => "nothing listens",
        _ => failure.Message,
    };
}
