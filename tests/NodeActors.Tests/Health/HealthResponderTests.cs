using System.Net;
using System.Net.Sockets;
using System.Text;
using Axoneme.NodeActors.Health;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Health;

/// <summary>What answers at the health port, and what asks it.</summary>
public sealed class HealthResponderTests : IAsyncLifetime
{
    private readonly HttpResponder _responder = new(HelloProbe.Answer, NullLogger.Instance);
    private readonly IPEndPoint _place = new(IPAddress.Loopback, FreePort());

    public Task InitializeAsync()
    {
        Assert.Empty(_responder.Listen([_place], make => make()));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _responder.DisposeAsync();

    [Theory]
    [InlineData("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK")]
    [InlineData("GET /hello HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK")]
    [InlineData("HEAD /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found")]
    [InlineData("POST /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed")]
    [InlineData("hello\r\n\r\n", "HTTP/1.1 400 Bad Request")]
    public async Task A_request_is_answered_by_its_line(string request, string answer) => Assert.Equal(answer, await AskAsync(Encoding.ASCII.GetBytes(request)));

    [Fact]
    public async Task A_head_without_end_is_cut_off() => Assert.Equal("HTTP/1.1 400 Bad Request", await AskAsync(new byte[4096]));

    [Fact]
    public async Task An_address_that_is_not_wanted_any_more_is_closed_and_one_that_comes_is_opened()
    {
        var other = new IPEndPoint(IPAddress.Parse("127.0.0.2"), _place.Port);
        Assert.Empty(_responder.Listen([other], make => make()));
        await HelloProbe.AskAsync(other, make => make(), CancellationToken.None);
        var refused = await Assert.ThrowsAsync<SocketException>(() => HelloProbe.AskAsync(_place, make => make(), CancellationToken.None));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task A_place_that_is_taken_is_a_problem_with_its_name_and_no_obstacle_to_others()
    {
        await using var second = new HttpResponder(HelloProbe.Answer, NullLogger.Instance);
        var free = new IPEndPoint(IPAddress.Parse("127.0.0.3"), _place.Port);
        var (place, reason) = Assert.Single(second.Listen([_place, free], make => make()));
        Assert.Equal(_place, place);
        Assert.Contains("in use", reason);
        await HelloProbe.AskAsync(free, make => make(), CancellationToken.None);
    }

    [Fact]
    public async Task Who_connects_and_says_nothing_keeps_nobody_else_waiting()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await silent.ConnectAsync(_place);
        await HelloProbe.AskAsync(_place, make => make(), new CancellationTokenSource(2000).Token);
    }

    [Fact]
    public async Task A_probe_is_not_content_with_another_answer_than_200()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = HelloProbe.AskAsync((IPEndPoint)listener.LocalEndpoint, make => make(), CancellationToken.None);
        using (var connection = await listener.AcceptSocketAsync())
        {
            await connection.SendAsync("HTTP/1.1 503 Service Unavailable\r\n\r\n"u8.ToArray());
            var failure = await Assert.ThrowsAsync<IOException>(() => asked);
            Assert.Contains("503 Service Unavailable", failure.Message);
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_echo_is_answered_by_the_kernel(string address) =>
        await EchoProbe.AskAsync(IPAddress.Parse(address), make => make(), new CancellationTokenSource(2000).Token);

    [Fact]
    public void A_nodes_own_addresses_are_asked_and_not_those_of_its_pods_router()
    {
        var node = new NodeRecord { Name = "b", Addresses = { "10.2.0.1", "192.0.2.2", "192.0.2.3", "fd00:2::1", "2001:db8::2" }, PodCidrs = { "10.2.0.0/24", "fd00:2::/64" } };
        Assert.Equal([IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::2")], HealthProber.HostAddresses(node));
    }

    private async Task<string> AskAsync(byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_place);
        await socket.SendAsync(request);
        var buffer = new byte[512];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(8));
        var length = await socket.ReceiveAsync(buffer, patience.Token);
        return Encoding.ASCII.GetString(buffer, 0, length).Split("\r\n")[0];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
