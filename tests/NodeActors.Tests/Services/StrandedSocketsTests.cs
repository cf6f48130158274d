using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Wire.State;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>Which UDP sockets are ended when backends go, and which are not, in a whole agent.</summary>
public sealed class StrandedSocketsTests : IAsyncLifetime
{
    private const string Node = "";
    private readonly TestNode _node = new();
    private ulong _lastCookie;

    public async Task InitializeAsync()
    {
        await _node.StartAsync();
        await _node.AddAsync("c1");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    private string Pod => _node.Netns;

    [Fact]
    public async Task Sockets_of_a_removed_backend_are_ended_wherever_they_are_and_no_others()
    {
        await _node.PublishAsync(Service("dns", 1), Slice("dns", 1, 2), Service("other", 2), Slice("other", 1), Service("tcp", 3, "TCP"), Slice("tcp", "TCP", 1));
        var ended = new[] { (Pod, Connect(Pod, "10.96.0.1", 1)), (Node, Connect(Node, "10.96.0.1", 1)) };
        var kept = new[] { (Pod, Connect(Pod, "10.96.0.1", 2)), (Pod, Connect(Pod, "10.96.0.2", 1)), (Pod, Connect(Pod, "10.96.0.3", 1, ServiceEnd.Tcp)), (Node, Direct(Node, 1)) };

        // It terminates: who has it keeps it.
        await _node.PublishAsync(Slice("dns", [ServiceRecords.Endpoint("10.2.0.1", ready: false, terminating: true), ServiceRecords.Endpoint("10.2.0.2")]));
        await _node.PublishAsync(Slice("dns", 2), Slice("tcp", "TCP"));
        await Eventually.IsTrue(() => !ended.Any(Lives), "both are ended");
        Assert.True(kept.All(Lives));

        // What was remembered of them goes when no answer can be on its way any more.
        await Eventually.IsTrue(() => !ended.Any(Remembered), "what was known of them is forgotten");
        Assert.True(kept.Take(3).All(Remembered));

        await _node.PublishAsync(Records.Gone(Service("other", 2)));
        await Eventually.IsTrue(() => !Lives(kept[1]), "the whole service is gone");
        Assert.True(Lives(kept[0]) && Lives(kept[2]) && Lives(kept[3]));
    }

    [Fact]
    public async Task Nobody_is_looked_for_when_nobody_is_connected()
    {
        await _node.PublishAsync(Service("dns", 1), Slice("dns", 1, 2), Service("tcp", 3, "TCP"), Slice("tcp", "TCP", 1, 2));
        Connect(Pod, "10.96.0.1", 2);
        Connect(Pod, "10.96.0.3", 1, ServiceEnd.Tcp);
        await _node.PublishAsync(Slice("dns", 2), Slice("tcp", "TCP", 2));
        await Eventually.IsTrue(() => _node.Kernel.Services.Backends.Entries().Count == 2, "the backends are gone");
        Assert.Equal(0, _node.Network.SocketLooks);
    }

    [Fact]
    public async Task A_backend_that_went_while_the_agent_was_dead_strands_nobody()
    {
        await _node.PublishAsync(Service("dns", 1), Slice("dns", 1, 2));
        var (gone, stays) = ((Pod, Connect(Pod, "10.96.0.1", 1)), (Pod, Connect(Pod, "10.96.0.1", 2)));
        await _node.StopAsync();
        _node.ControlPlane.Publish(Slice("dns", 2));
        await _node.StartAsync();
        await Eventually.IsTrue(() => !Lives(gone), "its socket is ended");
        Assert.True(Lives(stays));
    }

    [Fact]
    public async Task An_agent_that_dies_between_maps_and_sockets_ends_them_when_it_is_back()
    {
        await _node.PublishAsync(Service("dns", 1), Slice("dns", 1, 2));
        var socket = (Pod, Connect(Pod, "10.96.0.1", 1));
        _node.Network.Closed[Pod] = new KernelException("closed");
        await _node.PublishAsync(Slice("dns", 2));
        await Eventually.IsTrue(() => _node.Kernel.Services.Backends.Entries().Count == 1, "the backend is gone");
        await _node.StopAsync();
        _node.ControlPlane.GoAway();
        _node.Network.Closed.Clear();
        await _node.StartAsync();
        await Eventually.IsTrue(() => !Lives(socket), "its socket is ended");
    }

    [Fact]
    public async Task Nobody_is_judged_by_services_that_are_not_known_yet()
    {
        await using var fresh = new TestNode();
        fresh.ControlPlane.GoAway();
        var socket = Peer(1, 1);
        fresh.Kernel.Services.SocketPeers.Put(socket, new SocketPeer(IpAddressKey.From(IPAddress.Parse("10.96.0.1")), ServiceEnd.Swap(80)));
        fresh.Network.Sockets[Node] = new() { [socket] = true };
        await fresh.StartAsync();
        await fresh.AddAsync("c1");
        Assert.Equal(0, fresh.Network.SocketLooks);
        fresh.ControlPlane.ComeBack();
        await Eventually.IsTrue(() => fresh.Network.Sockets[Node].IsEmpty, "it is known that there is no such service");
    }

    [Fact]
    public async Task A_namespace_that_cannot_be_looked_into_is_a_problem_until_it_can_and_holds_up_no_other()
    {
        await _node.PublishAsync(Service("dns", 1), Slice("dns", 1));
        var (one, other) = ((Node, Connect(Node, "10.96.0.1", 1)), (Pod, Connect(Pod, "10.96.0.1", 1)));
        _node.Network.Closed[Node] = new KernelException("network namespace of the node: enter: not today");
        await _node.PublishAsync(Slice("dns"));
        await Eventually.IsTrue(() => !Lives(other), "the pod's is ended");
        await Eventually.IsTrue(() => Problems.Any(problem => problem.StartsWith("stranded-sockets: ", StringComparison.Ordinal) && problem.Contains("not today", StringComparison.Ordinal)), "it is told");
        Assert.True(Lives(one));
        _node.Network.Closed.Clear();
        await Eventually.IsTrue(() => !Lives(one) && Problems.Count == 0, "it is tried again");
    }

    [Fact]
    public async Task A_kernel_that_cannot_end_sockets_is_named_and_asked_no_more()
    {
        await _node.PublishAsync(Service("dns", 1), Slice("dns", 1));
        Connect(Pod, "10.96.0.1", 1);
        _node.Network.Closed[Node] = KernelException.For("sock_diag", "end a UDP socket", 95, "the kernel lacks CONFIG_INET_DIAG_DESTROY");
        await _node.PublishAsync(Slice("dns"));
        await Eventually.IsTrue(() => Problems.Any(problem => problem.Contains("CONFIG_INET_DIAG_DESTROY", StringComparison.Ordinal)), "it is told");
        var looks = _node.Network.SocketLooks;
        await _node.PublishAsync(Slice("dns", 1, 2));
        await _node.PublishAsync(Slice("dns"));
        await Eventually.IsTrue(() => _node.Kernel.Services.Backends.Entries().Count == 0, "the backends are gone");
        Assert.Equal(looks, _node.Network.SocketLooks);
        Assert.Single(Problems);
    }

    [Fact]
    public void A_socket_loses_its_backend_when_the_kernel_gives_it_to_nobody_any_more()
    {
        var maps = new WatchedServiceMaps();
        var bench = new ServiceBench(maps.Maps);
        bench.Set(Service("dns", 1, nodePort: 30053));
        bench.Set(Slice("dns", 1, 2));
        bench.Settle();
        Assert.True(bench.Programmer.TakeStranding()); // what an earlier run left
        Assert.Equal([PeerStanding.Stays, PeerStanding.Stays, PeerStanding.Stays, PeerStanding.Gone, PeerStanding.Gone], Standings());

        bench.Set(Slice("dns", 2));
        maps.Refusing = "services";
        bench.Pass();
        Assert.False(bench.Programmer.TakeStranding());
        Assert.Equal(PeerStanding.Stays, Standings()[0]); // whoever connects anew still gets it
        maps.Refusing = null;
        bench.Pass();
        Assert.True(bench.Programmer.TakeStranding());
        Assert.False(bench.Programmer.TakeStranding());
        Assert.Equal([PeerStanding.Leaves, PeerStanding.Leaves, PeerStanding.Leaves, PeerStanding.Gone, PeerStanding.Gone], Standings());

        bench.Time.Advance(ServiceProgrammer.Grace);
        bench.Pass();
        Assert.True(bench.Programmer.TakeStranding());
        Assert.Equal([PeerStanding.Gone, PeerStanding.Gone, PeerStanding.Gone, PeerStanding.Gone, PeerStanding.Gone], Standings());

        // Wanted again: nothing is missing.
        bench.Set(Slice("dns", 1, 2));
        bench.Settle();
        Assert.False(bench.Programmer.TakeStranding());
        Assert.Equal(PeerStanding.Stays, Standings()[0]);

        // The service itself goes.
        bench.Remove(Service("dns", 1));
        bench.Pass();
        Assert.True(bench.Programmer.TakeStranding());
        Assert.Equal([PeerStanding.Leaves, PeerStanding.Leaves, PeerStanding.Leaves, PeerStanding.Gone, PeerStanding.Gone], Standings());
        bench.Settle();
        Assert.All(Standings(), standing => Assert.Equal(PeerStanding.Gone, standing));

        // Its address, its port at this node and at another one; another port, and a port of every node of the other family.
        PeerStanding[] Standings() => [.. new[] { "10.96.0.1:80", "192.0.2.1:30053", "192.0.2.99:30053", "10.96.0.1:81", "[2001:db8::99]:30053" }.Select(IPEndPoint.Parse)
            .Select(asked => bench.Programmer.StandingOf(ServiceEnd.Key(asked.Address, (uint)asked.Port, ServiceEnd.Udp), new BackendAddress(IpAddressKey.From(IPAddress.Parse("10.2.0.1")), 8080, ServiceEnd.Udp)))];
    }

    [Fact]
    public void Backends_of_tcp_that_go_strand_nobody()
    {
        var bench = new ServiceBench(new WatchedServiceMaps().Maps);
        bench.Set(Service("web", 1, "TCP"));
        bench.Set(Slice("web", "TCP", 1, 2));
        bench.Settle();
        Assert.True(bench.Programmer.TakeStranding());
        bench.Set(Slice("web", "TCP", 2));
        bench.Settle();
        bench.Remove(Service("web", 1, "TCP"));
        bench.Settle();
        Assert.False(bench.Programmer.TakeStranding());
    }

    private IReadOnlyList<string> Problems => _node.Agent!.GetStatus().Problems;

    private static Record Service(string name, int number, string protocol = "UDP", uint nodePort = 0)
    {
        var service = ServiceRecords.Service(name, $"10.96.0.{number}", nodePort: nodePort);
        service.Ports[0].Protocol = protocol;
        return ServiceRecords.Record(service);
    }

    private static Record Slice(string service, params int[] backends) => Slice(service, "UDP", backends);

    private static Record Slice(string service, string protocol, params int[] backends) => Slice(service, [.. backends.Select(backend => ServiceRecords.Endpoint($"10.2.0.{backend}"))], protocol);

    private static Record Slice(string service, SliceEndpoint[] endpoints, string protocol = "UDP")
    {
        var slice = ServiceRecords.Slice(service, endpoints);
        slice.Ports[0].Protocol = protocol;
        return ServiceRecords.Record(slice);
    }

    private static SocketPeerKey Peer(ulong cookie, int backend, byte protocol = ServiceEnd.Udp) =>
        new(cookie, IpAddressKey.From(IPAddress.Parse($"10.2.0.{backend}")), ServiceEnd.Swap(8080)) { Protocol = protocol };

    /// <summary>What programs and kernel have of a socket that asked a service.</summary>
    private SocketPeerKey Connect(string netns, string service, int backend, byte protocol = ServiceEnd.Udp)
    {
        var key = Peer(++_lastCookie, backend, protocol);
        _node.Kernel.Services.SocketPeers.Put(key, new SocketPeer(IpAddressKey.From(IPAddress.Parse(service)), ServiceEnd.Swap(80)));
        _node.Network.Sockets.GetOrAdd(netns, _ => [])[key] = true;
        return key;
    }

    /// <summary>And of one that asked for the backend itself.</summary>
    private SocketPeerKey Direct(string netns, int backend)
    {
        var key = Peer(++_lastCookie, backend);
        _node.Network.Sockets.GetOrAdd(netns, _ => [])[key] = true;
        return key;
    }

    private bool Lives((string Netns, SocketPeerKey Key) socket) => _node.Network.Sockets[socket.Netns].ContainsKey(socket.Key);

    private bool Remembered((string Netns, SocketPeerKey Key) socket) => _node.Kernel.Services.SocketPeers.TryGet(socket.Key, out _);
}
