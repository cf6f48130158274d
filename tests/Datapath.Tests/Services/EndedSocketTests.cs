using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Services;

/// <summary>Real sockets that are ended from outside because of whom they talk to. One at a time: the process moves between cgroups.</summary>
[Collection("sockets")]
public sealed class EndedSocketTests : IDisposable
{
    private readonly ServiceNode _node = new();
    private readonly List<IDisposable> _sockets = [];

    [Theory]
    [InlineData("10.96.0.1", "10.96.0.1:53", "127.0.0.2:5353", "127.0.0.3:5353")]
    [InlineData("::ffff:10.96.0.1", "10.96.0.1:53", "127.0.0.2:5353", "127.0.0.3:5353")]
    [InlineData("fd00:96::1", "[fd00:96::1]:53", "[fd00:5::1]:5353", "[fd00:5::2]:5353")]
    public void A_socket_that_asked_a_service_is_told_and_asks_another_backend(string dialled, string service, string gone, string left)
    {
        var (frontend, backend) = (IPEndPoint.Parse(service), IPEndPoint.Parse(gone));
        _node.Add(frontend, ServiceNode.Udp, [backend]);
        var client = Connect(new IPEndPoint(IPAddress.Parse(dialled), frontend.Port));
        var direct = Connect(backend);
        var known = Assert.Single(Remembered);
        Assert.Equal((IpAddressKey.From(backend.Address), ServiceMapsExtensions.Key(frontend, ServiceNode.Udp).Address), (known.Key.Address, known.Value.Address));

        Echo(left);
        _node.Add(frontend, ServiceNode.Udp, [IPEndPoint.Parse(left)]);
        Assert.Equal([known.Key], End(known.Key));
        Assert.Equal(SocketError.ConnectionAborted, Assert.Throws<SocketException>(() => client.Receive(new byte[8])).SocketErrorCode);
        var anew = Connect(new IPEndPoint(IPAddress.Parse(dialled), frontend.Port));
        Assert.Equal(7, Ask(anew));

        // Nobody translated it, so it is nobody's business.
        Echo(gone);
        Assert.Equal(7, Ask(direct));
        Assert.Empty(End(known.Key));
        Assert.Equal(7, Ask(anew));
    }

    [Theory]
    [InlineData("10.96.0.1:53", "127.0.0.2:5353")]
    [InlineData("[fd00:96::1]:53", "[fd00:5::1]:5353")]
    public void A_socket_that_is_connected_anew_to_the_backend_itself_asks_no_service_any_more(string service, string backend)
    {
        var (frontend, itself) = (IPEndPoint.Parse(service), IPEndPoint.Parse(backend));
        _node.Add(frontend, ServiceNode.Udp, [itself]);
        var socket = Connect(frontend);
        var known = Assert.Single(Remembered).Key;
        socket.Connect(itself);
        Assert.Empty(Remembered);
        socket.Connect(frontend);
        Assert.Equal(known, Assert.Single(Remembered).Key);
    }

    [Fact]
    public void Sockets_of_other_services_and_backends_and_protocols_stay()
    {
        var (one, two) = (IPEndPoint.Parse("127.0.0.2:5353"), IPEndPoint.Parse("127.0.0.3:5353"));
        foreach (var (frontend, backend) in new[] { ("10.96.0.1:53", one), ("10.96.0.2:53", one), ("10.96.0.3:53", two) })
        {
            _node.Add(IPEndPoint.Parse(frontend), ServiceNode.Udp, [backend]);
        }

        _node.Add(IPEndPoint.Parse("10.96.0.1:53"), ServiceNode.Tcp, [one]);
        Echo($"{one}");
        Echo($"{two}");
        var listener = _node.Inside(() => new TcpListener(one));
        _sockets.Add(listener);
        listener.Start();
        var (ended, other, another) = (Connect(IPEndPoint.Parse("10.96.0.1:53")), Connect(IPEndPoint.Parse("10.96.0.2:53")), Connect(IPEndPoint.Parse("10.96.0.3:53")));
        using var stream = _node.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        stream.Connect(IPEndPoint.Parse("10.96.0.1:53"));
        var chosen = Remembered.Where(entry => entry.Value.Address == IpAddressKey.From(IPAddress.Parse("10.96.0.1"))).Select(entry => entry.Key).ToArray();
        Assert.Equal(new uint[] { ServiceNode.Tcp, ServiceNode.Udp }, chosen.Select(key => key.Protocol).Order());

        Assert.Equal(chosen.Where(key => key.Protocol == ServiceNode.Udp), End(chosen));
        Assert.Equal(SocketError.ConnectionAborted, Assert.Throws<SocketException>(() => ended.Receive(new byte[8])).SocketErrorCode);
        Assert.Equal((7, 7), (Ask(other), Ask(another)));
        using var accepted = listener.AcceptSocket();
        Assert.Equal(1, stream.Send([1]));
        Assert.Equal(1, accepted.Receive(new byte[1]));
    }

    [Fact]
    public void A_socket_without_a_peer_is_not_meant()
    {
        Echo("127.0.0.2:5353");
        _node.Add(IPEndPoint.Parse("10.96.0.1:53"), ServiceNode.Udp, [IPEndPoint.Parse("127.0.0.2:5353")]);
        using var socket = _node.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 3000 });
        socket.SendTo([1], IPEndPoint.Parse("10.96.0.1:53"));
        Assert.Empty(End(Assert.Single(Remembered).Key));
        Assert.Equal(1, socket.Receive(new byte[8]));
    }

    [Fact]
    public void Only_sockets_of_the_namespace_are_found()
    {
        _node.Add(IPEndPoint.Parse("10.96.0.1:53"), ServiceNode.Udp, [IPEndPoint.Parse("127.0.0.2:5353")]);
        Echo("127.0.0.2:5353");
        var client = Connect(IPEndPoint.Parse("10.96.0.1:53"));
        using var elsewhere = SocketDiagnosis.Open();
        Assert.Empty(elsewhere.EndUdp(new HashSet<SocketPeerKey> { Assert.Single(Remembered).Key }));
        Assert.Equal(7, Ask(client));
    }

    [Fact]
    public void Thousands_of_sockets_are_told_and_the_one_among_them_is_found()
    {
        _node.Add(IPEndPoint.Parse("10.96.0.1:53"), ServiceNode.Udp, [IPEndPoint.Parse("127.0.0.2:5353")]);
        for (var i = 0; i < 2000; i++)
        {
            Connect(IPEndPoint.Parse(i == 1000 ? "10.96.0.1:53" : "127.0.0.2:5353"));
        }

        Assert.Single(End(Assert.Single(Remembered).Key));
    }

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _node.Dispose();
    }

    private IReadOnlyList<KeyValuePair<SocketPeerKey, SocketPeer>> Remembered => _node.Datapath.Services.SocketPeers.Entries();

    /// <summary>Sends 7 and returns what comes back.</summary>
    private static int Ask(Socket socket)
    {
        var answer = new byte[8];
        socket.Send([7]);
        return socket.Receive(answer) == 1 ? answer[0] : -1;
    }

    private IReadOnlyList<SocketPeerKey> End(params SocketPeerKey[] peers)
    {
        using var sockets = SocketDiagnosis.OpenIn(_node.Namespace);
        return sockets.EndUdp(peers.ToHashSet());
    }

    private Socket Connect(IPEndPoint to)
    {
        var socket = _node.Inside(() => new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 3000 });
        _sockets.Add(socket);
        if (to.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        socket.Connect(to);
        return socket;
    }

    private void Echo(string address)
    {
        var endpoint = IPEndPoint.Parse(address);
        var socket = _node.Inside(() => new UdpClient(endpoint));
        _sockets.Add(socket);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var received = await socket.ReceiveAsync();
                await socket.SendAsync(received.Buffer, received.RemoteEndPoint);
            }
        });
    }
}
