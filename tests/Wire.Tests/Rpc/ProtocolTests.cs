using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Tests.Rpc;

/// <summary>Callers and servers that do not keep to the protocol, byte by byte.</summary>
public sealed class ProtocolTests
{
    /// <summary>Body in hexadecimal → status, and a word of the reason.</summary>
    [Theory]
    [InlineData("", RpcStatus.Internal, "no message")]
    [InlineData("00 00 00", RpcStatus.Internal, "ended within a message: 3 of 5")]
    [InlineData("00 00 00 00 05 10 01", RpcStatus.Internal, "ended within a message: 7 of 10")]
    [InlineData("01 00 00 00 00", RpcStatus.Unimplemented, "compressed")]
    [InlineData("00 ff ff ff ff", RpcStatus.ResourceExhausted, "4294967295 bytes is not read")]
    [InlineData("00 00 00 00 01 ff", RpcStatus.Internal, "the bytes are no Cursor")]
    [InlineData("00 00 00 00 00 00 00 00 00 00", RpcStatus.Internal, "several messages")]
    [InlineData("00 00 00 00 02 10 05", RpcStatus.Ok, "")]
    public async Task A_malformed_call_is_answered_with_what_is_wrong(string body, RpcStatus status, string reason)
    {
        await using var server = await new TestServer().StartAsync();

        using var response = await SendAsync(server, TestServer.Unary.Path, Convert.FromHexString(body.Replace(" ", "")));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(((int)status).ToString(), Trailer(response, "grpc-status"));
        Assert.Contains(reason, WebUtility.UrlDecode(Trailer(response, "grpc-message") ?? ""));
        Assert.Equal("revision 42", (await server.Channel().CallAsync(TestServer.Unary, new Cursor { Revision = 42 }, CancellationToken.None)).Value);
    }

    [Theory]
    [InlineData("5", RpcStatus.Internal)]
    [InlineData("S", RpcStatus.Internal)]
    [InlineData("-1S", RpcStatus.Internal)]
    [InlineData("123456789S", RpcStatus.Internal)]
    [InlineData("5x", RpcStatus.Internal)]
    [InlineData("99999999H", RpcStatus.Ok)]
    [InlineData("10S", RpcStatus.Ok)]
    public async Task A_deadline_is_understood_or_refused(string timeout, RpcStatus status)
    {
        await using var server = await new TestServer().StartAsync();

        using var response = await SendAsync(server, TestServer.Unary.Path, [0, 0, 0, 0, 0], request => request.Headers.Add("grpc-timeout", timeout));

        Assert.Equal(((int)status).ToString(), Trailer(response, "grpc-status"));
    }

    [Fact]
    public async Task What_is_not_gRPC_gets_an_HTTP_status()
    {
        await using var server = await new TestServer().StartAsync();

        using var text = await SendAsync(server, TestServer.Unary.Path, [], request => request.Content!.Headers.ContentType = new MediaTypeHeaderValue("text/plain"));
        using var get = await SendAsync(server, TestServer.Unary.Path, [], request => request.Method = HttpMethod.Get);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, text.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0001\0\0\0\0\0\u00ff\u00ff\u00ff")]
    [InlineData("\0\0\0\0")]
    public async Task Bytes_that_are_no_HTTP2_end_their_connection_only(string bytes)
    {
        await using var server = await new TestServer().StartAsync();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(server.SocketPath));
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(bytes));

        Assert.Equal("revision 1", (await server.Channel().CallAsync(TestServer.Unary, new Cursor { Revision = 1 }, CancellationToken.None)).Value);
        socket.Shutdown(SocketShutdown.Send);
        var buffer = new byte[1024];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await socket.ReceiveAsync(buffer, limit.Token) > 0)
        {
            // What Kestrel has to say before it hangs up.
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")]
    public async Task A_peer_that_does_not_speak_the_protocol_is_an_error_with_its_name(string answer)
    {
        var directory = Directory.CreateTempSubdirectory("axw");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = Path.Combine(directory.FullName, "s");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var channel = RpcChannel.ToUnixSocket(path);
        var call = channel.CallAsync(TestServer.Unary, new Cursor(), CancellationToken.None);
        using (var peer = await listener.AcceptAsync())
        {
            await peer.SendAsync(System.Text.Encoding.Latin1.GetBytes(answer));
        }

        var failure = await Assert.ThrowsAsync<RpcException>(() => call);

        Assert.Contains($"unix:{path}", failure.Message);
        Assert.NotEqual(RpcStatus.Ok, failure.Status);
        directory.Delete(recursive: true);
    }

    /// <summary>A peer whose process is stopped keeps its connection open and is silent.</summary>
    [Fact]
    public async Task A_peer_that_gives_no_sign_of_life_is_unavailable()
    {
        var directory = Directory.CreateTempSubdirectory("axw");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = Path.Combine(directory.FullName, "s");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var channel = RpcChannel.ToUnixSocket(path, new RpcChannelOptions { KeepAliveDelay = TimeSpan.FromSeconds(1), KeepAliveTimeout = TimeSpan.FromSeconds(1) });
        await using var reader = channel.ReadStreamAsync(TestServer.Stream, new Cursor(), CancellationToken.None).GetAsyncEnumerator();
        var reading = reader.MoveNextAsync().AsTask();
        using var peer = await listener.AcceptAsync();

        // An empty SETTINGS frame: all that the caller needs to begin.
        await peer.SendAsync((byte[])[0, 0, 0, 4, 0, 0, 0, 0, 0]);

        var failure = await Assert.ThrowsAsync<RpcException>(() => reading.WaitAsync(TimeSpan.FromSeconds(15)));

        Assert.Equal(RpcStatus.Unavailable, failure.Status);
        directory.Delete(recursive: true);
    }

    private static async Task<HttpResponseMessage> SendAsync(TestServer server, string path, byte[] body, Action<HttpRequestMessage>? change = null)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(server.SocketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        change?.Invoke(request);
        return await client.SendAsync(request);
    }

    private static string? Trailer(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.Single() : null;
}
