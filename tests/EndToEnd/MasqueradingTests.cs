using System.Net;
using System.Net.Sockets;
using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd;

/// <summary>Leaving the cluster: under the node's address, except to what is exempt; and every answer finds its pod.</summary>
public sealed class MasqueradingTests
{
    private const int Port = 9000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: one, namespace: shop, labels: {app: client} }
        spec: {nodeName: n1, containers: [{name: c, image: c}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: two, namespace: shop, labels: {app: client} }
        spec: {nodeName: n1, containers: [{name: c, image: c}]}
        """;

    [Theory]
    [InlineData("native")]
    [InlineData("tunnel")]
    public async Task The_outside_sees_the_node_and_who_is_exempt_the_pod(string routing)
    {
        var directory = Directory.CreateTempSubdirectory("masquerading");
        var file = Path.Combine(directory.FullName, "config");
        await File.WriteAllTextAsync(file, "nonMasqueradeCIDRs: [198.51.100.16/28, \"2001:db8:51::20/124\"]\n");
        try
        {
            await using var cluster = await Cluster.StartAsync(
                new ClusterOptions { Nodes = 1, Routing = routing, DifferentLinks = true, RouterRoutesPods = true, Arguments = ["--ip-masq-agent-config", file] }, ("pods.yaml", Pods));
            var node = cluster.Nodes[0];
            var pods = await cluster.PodsAsync("shop/one", "shop/two");
            var (one, two) = (Party.Of(pods["shop/one"]), Party.Of(pods["shop/two"]));
            var outside = Party.Outside(cluster.Underlay);
            var exempt = outside with { Ipv4 = "198.51.100.20", Ipv6 = "2001:db8:51::20" };
            await cluster.Underlay.Outside.IpAsync($"""
                address add {exempt.Ipv4}/24 dev eth0
                address add {exempt.Ipv6}/64 dev eth0 nodad
                """);
            await cluster.EnforcedAsync();

            foreach (var family in new[] { 4, 6 })
            {
                var nodes = Party.Of(node).Address(family);
                foreach (var by in new Func<Party, Party, int, Task<IPAddress?>>[] { SeenByTcpAsync, SeenByUdpAsync, SeenByPingAsync })
                {
                    Assert.Equal(nodes, await by(one, outside, family));
                    Assert.Equal(one.Address(family), await by(one, exempt, family));
                }

                await AssertShareAPortAsync(one, two, outside, family, nodes);
            }

            // Who is exempt changes with the file.
            await File.WriteAllTextAsync(file, "nonMasqueradeCIDRs: [198.51.100.0/28, \"2001:db8:51::10/128\"]\n");
            await cluster.UntilAsync("the file is in force", async () =>
                one.Address(4).Equals(await SeenByTcpAsync(one, outside, 4)) && Party.Of(node).Address(6).Equals(await SeenByUdpAsync(one, exempt, 6)));
            Assert.Equal(one.Address(6), await SeenByPingAsync(one, outside, 6));
            Assert.Equal(Party.Of(node).Address(4), await SeenByPingAsync(one, exempt, 4));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Two pods with the same port ask the same server: it sees two ports of the node, and each gets its own answer.</summary>
    private static async Task AssertShareAPortAsync(Party one, Party two, Party outside, int family, IPAddress node)
    {
        using var server = Bound(outside, family, SocketType.Dgram, ProtocolType.Udp, Port);
        using var first = Bound(one, family, SocketType.Dgram, ProtocolType.Udp, Port);
        using var second = Bound(two, family, SocketType.Dgram, ProtocolType.Udp, Port);
        var seen = new List<IPEndPoint>();
        for (byte round = 0; round < 2; round++)
        {
            foreach (var client in new[] { first, second })
            {
                byte[] said = [round, client == first ? (byte)1 : (byte)2];
                seen.Add(Assert.IsType<IPEndPoint>(await EchoAsync(client, server, new IPEndPoint(outside.Address(family), Port), said)));
            }
        }

        Assert.All(seen, end => Assert.Equal(node, end.Address));
        Assert.NotEqual(seen[0].Port, seen[1].Port);
        Assert.Equal(seen[..2], seen[2..]);
    }

    private static async Task<IPAddress?> SeenByTcpAsync(Party from, Party to, int family)
    {
        using var listener = Bound(to, family, SocketType.Stream, ProtocolType.Tcp, Port);
        listener.Listen();
        using var client = from.Socket(family, SocketType.Stream, ProtocolType.Tcp);
        return await SeenAsync(async limit =>
        {
            await client.ConnectAsync(new IPEndPoint(to.Address(family), Port), limit);
            using var accepted = await listener.AcceptAsync(limit);
            var seen = ((IPEndPoint)accepted.RemoteEndPoint!).Address;
            var received = new byte[2];
            await client.SendAsync(new byte[] { 1, 2 }, limit);
            await accepted.SendAsync(received.AsMemory(0, await accepted.ReceiveAsync(received, limit)), limit);
            Assert.Equal(2, await client.ReceiveAsync(received, limit));
            return seen;
        });
    }

    private static async Task<IPAddress?> SeenByUdpAsync(Party from, Party to, int family)
    {
        using var server = Bound(to, family, SocketType.Dgram, ProtocolType.Udp, Port);
        using var client = from.Socket(family, SocketType.Dgram, ProtocolType.Udp);
        return (await EchoAsync(client, server, new IPEndPoint(to.Address(family), Port), [1, 2, 3]))?.Address;
    }

    private static async Task<IPAddress?> SeenByPingAsync(Party from, Party to, int family)
    {
        using var receiver = Bound(to, family, SocketType.Raw, family == 4 ? ProtocolType.Icmp : ProtocolType.IcmpV6, 0);
        var pings = new Probe(from, to, family, "ping", 0).PassesAsync(Patience);
        var seen = await SeenAsync(async limit =>
        {
            var buffer = new byte[1500];
            while (true)
            {
                // IPv4 comes with its header.
                var packet = await receiver.ReceiveFromAsync(buffer, new IPEndPoint(family == 4 ? IPAddress.Any : IPAddress.IPv6Any, 0), limit);
                if (buffer[family == 4 ? (buffer[0] & 15) * 4 : 0] == (family == 4 ? 8 : 128))
                {
                    return ((IPEndPoint)packet.RemoteEndPoint).Address;
                }
            }
        });
        return await pings ? seen : null;
    }

    /// <summary>Who the server thinks has asked, when the answer came back.</summary>
    private static async Task<IPEndPoint?> EchoAsync(Socket client, Socket server, IPEndPoint target, byte[] said)
    {
        using var limit = new CancellationTokenSource(Patience);
        var heard = new byte[100];
        try
        {
            await client.SendToAsync(said, target, limit.Token);
            var received = await server.ReceiveFromAsync(heard, new IPEndPoint(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0), limit.Token);
            await server.SendToAsync(heard.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint, limit.Token);
            var answer = await client.ReceiveAsync(heard, limit.Token);
            return heard[..answer].SequenceEqual(said) ? (IPEndPoint)received.RemoteEndPoint : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<IPAddress?> SeenAsync(Func<CancellationToken, Task<IPAddress>> ask)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static Socket Bound(Party party, int family, SocketType type, ProtocolType protocol, int port)
    {
        var socket = party.Socket(family, type, protocol);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(party.Address(family), port));
        return socket;
    }
}
