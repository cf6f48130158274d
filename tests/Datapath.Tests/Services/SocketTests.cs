using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Services;

/// <summary>Sockets that talk to services, by real connections. One at a time: the process moves between cgroups.</summary>
[Collection("sockets")]
public sealed class SocketTests : IDisposable
{
    private readonly ServiceNode _node = new();
    private readonly List<IDisposable> _sockets = [];

    [Theory]
    [InlineData("10.96.0.1:80", "127.0.0.2:8080", "10.96.0.1")]
    [InlineData("[fd00:96::1]:80", "[fd00:5::1]:8080", "fd00:96::1")]
    [InlineData("10.96.0.1:80", "127.0.0.2:8080", "::ffff:10.96.0.1")]
    public void A_connection_to_a_service_is_one_to_its_backend(string service, string backend, string dialled)
    {
        Listen(backend);
        _node.Add(IPEndPoint.Parse(service), ServiceNode.Tcp, [IPEndPoint.Parse(backend)]);
        using var socket = Connect(new IPEndPoint(IPAddress.Parse(dialled), 80));
        Assert.Equal(IPEndPoint.Parse(backend).Port.ToString(System.Globalization.CultureInfo.InvariantCulture), Receive(socket));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(dialled), 80), PeerOf(socket));
    }

    [Theory]
    [InlineData("10.96.0.1:53", "127.0.0.2:5353", false)]
    [InlineData("10.96.0.1:53", "127.0.0.2:5353", true)]
    [InlineData("[fd00:96::1]:53", "[fd00:5::1]:5353", false)]
    [InlineData("[fd00:96::1]:53", "[fd00:5::1]:5353", true)]
    public void A_datagram_to_a_service_is_answered_in_its_name(string service, string backend, bool connected)
    {
        Echo(backend);
        var frontend = IPEndPoint.Parse(service);
        _node.Add(frontend, ServiceNode.Udp, [IPEndPoint.Parse(backend)]);
        using var socket = _node.Inside(() => new Socket(frontend.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 3000 });
        if (connected)
        {
            socket.Connect(frontend);
            socket.Send([1]);
        }
        else
        {
            socket.SendTo([1], frontend);
        }

        EndPoint from = new IPEndPoint(frontend.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        Assert.Equal(1, socket.ReceiveFrom(new byte[8], ref from));
        Assert.Equal(frontend, from);
    }

    [Fact]
    public void A_service_without_backends_refuses_at_once()
    {
        _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, []);
        _node.Add(IPEndPoint.Parse("10.96.0.1:53"), ServiceNode.Udp, []);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => Connect(IPEndPoint.Parse("10.96.0.1:80"))).SocketErrorCode);
        using var socket = _node.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => socket.SendTo([1], IPEndPoint.Parse("10.96.0.1:53"))).SocketErrorCode);
    }

    [Fact]
    public void Other_ports_protocols_and_services_for_clients_outside_are_left_alone()
    {
        Listen("127.0.0.2:80");
        Listen("127.0.0.2:8080");
        _node.Add(IPEndPoint.Parse("127.0.0.2:80"), ServiceNode.Udp, []);
        _node.Add(IPEndPoint.Parse("127.0.0.2:8080"), ServiceNode.Tcp, [], ServiceFlags.External);
        Assert.Equal("80", Receive(Connect(IPEndPoint.Parse("127.0.0.2:80"))));
        Assert.Equal("8080", Receive(Connect(IPEndPoint.Parse("127.0.0.2:8080"))));
    }

    /// <summary>Identities: 1 this node, 6 a remote one, 7 one that serves the Kubernetes API, 0x02000001 one with labels, 300 a pod, 0 nobody that is known.</summary>
    [Theory]
    [InlineData("127.0.0.9:30080", 1, true)]
    [InlineData("127.0.0.9:30080", 6, true)] // loopback of the node, whatever else has it
    [InlineData("192.0.2.2:30080", 1, true)]
    [InlineData("192.0.2.2:30080", 6, true)]
    [InlineData("192.0.2.2:30080", 7, true)]
    [InlineData("192.0.2.2:30080", 0x02000001, true)]
    [InlineData("192.0.2.2:30080", 300, false)]
    [InlineData("192.0.2.2:30080", 0x01000001, false)] // a prefix
    [InlineData("192.0.2.2:30080", 0, false)]
    [InlineData("192.0.2.2:30081", 6, false)] // another port
    [InlineData("192.0.2.2:29999", 6, false)] // not of the range
    [InlineData("[2001:db8::2]:30080", 6, true)]
    [InlineData("[2001:db8::2]:30080", 300, false)]
    [InlineData("[::1]:30080", 0, true)]
    public void A_node_port_is_found_under_every_nodes_address(string dialled, uint identity, bool isTranslated)
    {
        var to = IPEndPoint.Parse(dialled);
        var isIPv4 = to.AddressFamily == AddressFamily.InterNetwork;
        var backend = isIPv4 ? "127.0.0.2:8080" : "[fd00:5::1]:8080";
        Listen(backend);
        foreach (var port in new[] { 30080, 29999 })
        {
            _node.Add(new IPEndPoint(isIPv4 ? IPAddress.Any : IPAddress.IPv6Any, port), ServiceNode.Tcp, [IPEndPoint.Parse(backend)], ServiceFlags.AnyNode);
        }

        if (identity != 0)
        {
            _node.Datapath.Hosts.Put(IpAddressKey.From(to.Address), new IpcacheEntry { Identity = identity });
        }

        if (isTranslated)
        {
            using var socket = Connect(to);
            Assert.Equal("8080", Receive(socket));
            Assert.Equal(to, PeerOf(socket));
        }
        else
        {
            Assert.Contains(Assert.Throws<SocketException>(() => Connect(to)).SocketErrorCode, new[] { SocketError.NetworkUnreachable, SocketError.ConnectionRefused });
        }
    }

    [Theory]
    [InlineData("0.0.0.0")] // what a socket takes for loopback is a frontend's key
    [InlineData("127.0.0.1")]
    public void In_a_pod_loopback_is_the_pods_own(string address)
    {
        _node.Add(IPEndPoint.Parse("0.0.0.0:30080"), ServiceNode.Tcp, Backends(1), ServiceFlags.AnyNode);
        using var pod = new Support.TestNode();
        var listener = pod.Namespace.Run(() => new TcpListener(IPAddress.Loopback, 30080));
        listener.Start();
        _sockets.Add(listener);
        using var client = pod.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(IPAddress.Parse(address), 30080);
        using var accepted = listener.AcceptSocket();
        Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Fact]
    public void Datagrams_of_one_socket_to_several_nodes_are_answered_by_whom_it_asked_last()
    {
        Echo("127.0.0.2:5353");
        _node.Add(IPEndPoint.Parse("0.0.0.0:30053"), ServiceNode.Udp, [IPEndPoint.Parse("127.0.0.2:5353")], ServiceFlags.AnyNode);
        using var socket = _node.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 3000 });
        foreach (var node in new[] { "192.0.2.2:30053", "192.0.2.3:30053" })
        {
            var to = IPEndPoint.Parse(node);
            _node.Datapath.Hosts.Put(IpAddressKey.From(to.Address), new IpcacheEntry { Identity = 6 });
            socket.SendTo([1], to);
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            socket.ReceiveFrom(new byte[8], ref from);
            Assert.Equal(to, from);
        }
    }

    [Fact]
    public void Connections_are_spread_over_all_backends()
    {
        var backends = Backends(4);
        _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, backends);
        var answers = Enumerable.Range(0, 100).Select(_ => Ask("10.96.0.1:80")).GroupBy(port => port).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(4, answers.Count);
        Assert.All(answers.Values, count => Assert.InRange(count, 8, 50)); // 25 expected; 4.3 standard deviations of 4.3 below
    }

    [Fact]
    public void A_client_with_affinity_stays_until_its_backend_ends()
    {
        var service = _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, Backends(4), ServiceFlags.Internal | ServiceFlags.Affinity, affinityTicks: 1000);
        var first = Ask("10.96.0.1:80");
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(first, Ask("10.96.0.1:80")));

        var known = Assert.Single(_node.Datapath.Services.Affinity.Entries());
        Assert.Equal((service.Group, AffinityScope.Namespace), (known.Key.Group, known.Key.Scope));
        Assert.True(_node.Datapath.Services.Backends.TryGet(known.Value.Backend, out var backend));
        _node.Datapath.Services.Backends.Put(known.Value.Backend, backend with { Flags = BackendFlags.Terminating });
        Assert.Contains(Enumerable.Range(0, 40), _ => Ask("10.96.0.1:80") != first);
    }

    [Fact]
    public void A_client_with_affinity_has_a_backend_of_its_own_in_each_family_and_among_those_of_the_node()
    {
        var group = _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, Backends(1), ServiceFlags.Internal | ServiceFlags.Affinity, affinityTicks: 1000).Group;
        Listen("[fd00:5::1]:9090");
        Listen("127.0.0.3:9191");
        Join(_node.Add(IPEndPoint.Parse("[fd00:96::1]:80"), ServiceNode.Tcp, [IPEndPoint.Parse("[fd00:5::1]:9090")], ServiceFlags.Internal | ServiceFlags.Affinity, affinityTicks: 1000), "[fd00:96::1]:80");
        Join(
            _node.Add(IPEndPoint.Parse("10.96.0.2:80"), ServiceNode.Tcp, [IPEndPoint.Parse("127.0.0.3:9191")], ServiceFlags.Internal | ServiceFlags.Affinity | ServiceFlags.InsideLocal, affinityTicks: 1000),
            "10.96.0.2:80");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(("8080", "9090", "9191"), (Ask("10.96.0.1:80"), Ask("[fd00:96::1]:80"), Ask("10.96.0.2:80")));
        }

        // They are frontends of one port of one service.
        void Join(ServiceEntry entry, string frontend) => _node.Datapath.Services.Services.Put(ServiceMapsExtensions.Key(IPEndPoint.Parse(frontend), ServiceNode.Tcp), entry with { Group = group });
    }

    [Fact]
    public void Affinity_ends_with_its_time()
    {
        _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, Backends(4), ServiceFlags.Internal | ServiceFlags.Affinity, affinityTicks: 5);
        var answers = new HashSet<string>();
        for (var i = 0; i < 40 && answers.Count < 2; i++)
        {
            answers.Add(Ask("10.96.0.1:80"));
            var known = Assert.Single(_node.Datapath.Services.Affinity.Entries());
            _node.Datapath.Services.Affinity.Put(known.Key, known.Value with { LastSeen = known.Value.LastSeen - 6 });
        }

        Assert.Equal(2, answers.Count);
    }

    [Fact]
    public void A_table_decides_where_there_is_one()
    {
        var service = _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, Backends(4), tableSize: 251);
        _node.FillTable(service.Inside.Id, 251, slot: 2);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal("8082", Ask("10.96.0.1:80")));
    }

    [Fact]
    public void Another_list_of_backends_is_there_from_one_connection_to_the_next()
    {
        _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, Backends(1));
        Assert.Equal("8080", Ask("10.96.0.1:80"));
        Listen("127.0.0.3:9090");
        _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, [IPEndPoint.Parse("127.0.0.3:9090")]);
        Assert.Equal("9090", Ask("10.96.0.1:80"));
    }

    [Fact]
    public void A_restart_of_the_agent_changes_nothing()
    {
        Echo("127.0.0.2:5353");
        _node.Add(IPEndPoint.Parse("10.96.0.1:80"), ServiceNode.Tcp, Backends(1));
        _node.Add(IPEndPoint.Parse("10.96.0.1:53"), ServiceNode.Udp, [IPEndPoint.Parse("127.0.0.2:5353")]);
        using var socket = _node.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 3000 });
        socket.SendTo([1], IPEndPoint.Parse("10.96.0.1:53"));
        _node.Restart();
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        socket.ReceiveFrom(new byte[8], ref from);
        Assert.Equal(IPEndPoint.Parse("10.96.0.1:53"), from);
        Assert.Equal("8080", Ask("10.96.0.1:80"));
    }

    [Fact]
    public void Nothing_is_translated_once_the_programs_are_detached()
    {
        Listen("127.0.0.2:80");
        _node.Add(IPEndPoint.Parse("127.0.0.2:80"), ServiceNode.Tcp, Backends(1));
        Assert.Equal("8080", Ask("127.0.0.2:80"));
        _node.Datapath.DetachSockets();
        Assert.Equal("80", Ask("127.0.0.2:80"));
    }

    [Fact]
    public void A_cgroup_that_another_node_has_is_refused_until_that_is_removed()
    {
        using var other = new Support.TestNode();
        using (var datapath = other.Open())
        {
            var refused = Assert.Throws<KernelException>(() => datapath.AttachSockets(_node.Cgroup));
            Assert.Contains($"cgroup {_node.Cgroup}: another node's agent has its sockets", refused.Message, StringComparison.Ordinal);
            Assert.Contains("--cgroup-root", refused.Message, StringComparison.Ordinal);
            _node.Restart();
            _node.Datapath.AttachSockets(_node.Cgroup); // its own
            _node.Datapath.DetachSockets();
            datapath.AttachSockets(_node.Cgroup);
        }

        // Its agent is not there, its links are.
        Assert.Throws<KernelException>(() => _node.Datapath.AttachSockets(_node.Cgroup));
        other.Namespace.Run(() => NodeDatapath.Remove(other.Options));
        _node.Datapath.AttachSockets(_node.Cgroup);
    }

    [Theory]
    [InlineData(30080, true, true)]
    [InlineData(30081, true, false)] // no service has it
    [InlineData(29999, true, false)] // not of the range
    [InlineData(30080, false, false)] // a pod's own namespace
    public void The_node_cannot_take_a_port_that_a_service_has(int port, bool isNode, bool isRefused)
    {
        foreach (var taken in new ushort[] { 30080, 29999 })
        {
            _node.Datapath.Services.NodePorts.Put(new NodePortKey(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(taken), ServiceNode.Tcp), 1);
        }

        foreach (var address in new[] { IPAddress.Any, IPAddress.Loopback, IPAddress.IPv6Any })
        {
            void Bind()
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(address, port));
            }

            if (isRefused)
            {
                Assert.Equal(SocketError.AccessDenied, Assert.Throws<SocketException>(() => _node.Inside<object?>(() => { Bind(); return null; })).SocketErrorCode);
            }
            else if (isNode)
            {
                _node.Inside<object?>(() => { Bind(); return null; });
            }
            else
            {
                Bind();
            }
        }
    }

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _node.Dispose();
    }

    [DllImport("libc", EntryPoint = "getpeername")]
    private static extern int GetPeerName(int socket, byte[] address, ref int length);

    /// <summary>Asked of the kernel: the runtime remembers what it was told to connect to.</summary>
    private static IPEndPoint PeerOf(Socket socket)
    {
        var bytes = new byte[28];
        var length = bytes.Length;
        Assert.Equal(0, GetPeerName((int)socket.Handle, bytes, ref length));
        return new IPEndPoint(new IPAddress(length == 16 ? bytes.AsSpan(4, 4) : bytes.AsSpan(8, 16)), bytes[2] << 8 | bytes[3]);
    }

    private static string Receive(Socket socket)
    {
        var bytes = new byte[16];
        return System.Text.Encoding.ASCII.GetString(bytes, 0, socket.Receive(bytes));
    }

    private string Ask(string service)
    {
        using var socket = Connect(IPEndPoint.Parse(service));
        return Receive(socket);
    }

    private Socket Connect(IPEndPoint to)
    {
        var socket = _node.Inside(() => new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 3000 });
        _sockets.Add(socket);
        if (to.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        socket.Connect(to);
        return socket;
    }

    private List<IPEndPoint> Backends(int count)
    {
        var backends = Enumerable.Range(0, count).Select(i => new IPEndPoint(IPAddress.Parse("127.0.0.2"), 8080 + i)).ToList();
        backends.ForEach(backend => Listen(backend.ToString()));
        return backends;
    }

    /// <summary>Says its port to whoever connects.</summary>
    private void Listen(string address)
    {
        var endpoint = IPEndPoint.Parse(address);
        var listener = _node.Inside(() => new TcpListener(endpoint));
        listener.Start();
        _sockets.Add(listener);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var accepted = await listener.AcceptSocketAsync();
                await accepted.SendAsync(System.Text.Encoding.ASCII.GetBytes($"{endpoint.Port}"));
            }
        });
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
