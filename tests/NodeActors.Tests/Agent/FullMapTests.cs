using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath;
using Axoneme.Hubble;
using Axoneme.NodeActors.Tests.Fakes;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Agent;

/// <summary>
/// Maps of the kernel that are too small for what they should hold: what was in force stays, nothing that is not known is let through, the status says which map
/// and what makes it larger, before it is full and when it is, and room or another size make everything good.
/// </summary>
[Collection("real node")]
public sealed class FullMapTests : IDisposable
{
    private const int Size = 64;
    private readonly List<TcpListener> _listeners = [];
    private int _lastPort = 20000;

    public void Dispose() => _listeners.ForEach(listener => listener.Stop());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Policy(bool restarts)
    {
        await using var node = new RealNode(forceClsact: false);
        node.DatapathOptions = node.DatapathOptions with { PolicyEntries = Size };
        var web = await StartAsync(node);
        await node.PublishAsync(Records.Policy("all", "web", """
            "policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{} }]}]
            """));
        var identities = Enumerable.Range(1000, 2 * Size).Select(number => Records.Identity((uint)number, $"app-{number}")).ToArray();
        await node.PublishAsync(identities[..(Size - 8)]);
        await SaysAsync(node, "map policy is 9", "raise --bpf-policy-map-max");
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));

        // The newcomer comes when there is no room: its identity is unknown to the policy in force.
        for (var next = Size - 8; node.Datapath.Policy.Entries().Count < Size; next++)
        {
            await node.PublishAsync(identities[next]);
        }

        var late = Publish(node, [.. identities[Size..], Records.Identity(400, "late"), Records.Pod("late-0", "late", 400)]);
        await SaysAsync(node, "map policy is full", "raise --bpf-policy-map-max");
        await node.AddAsync("late-0");
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));
        Assert.False(await ReachesAsync(node, "late-0", web.Ipv4!));
        Assert.DoesNotContain(node.ControlPlane.Acknowledged, applied => applied.Revision >= late);

        await MakeRoomAsync(node, restarts, options => options with { PolicyEntries = 4 * Size }, [.. identities.Select(Records.Gone)]);
        await ConvergesAsync(node, late, "map policy");
        Assert.True(await ReachesAsync(node, "late-0", web.Ipv4!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Policy_ranges(bool restarts)
    {
        await using var node = new RealNode(forceClsact: false);
        node.DatapathOptions = node.DatapathOptions with { PolicyRangeEntries = Size };
        var web = await StartAsync(node);
        int[] Ports(int count) => [8080, .. Enumerable.Range(1, count - 1).Select(i => i * 2)];
        var guard = Records.Allow("guard", "stranger", "client", Ports(20));
        await node.PublishAsync(Records.Allow("web", "web", "client", Ports(40)), guard);
        await SaysAsync(node, "map policy_ranges is 9", "raise --bpf-policy-ranges-max");
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));
        Assert.False(await ReachesAsync(node, "stranger-0", web.Ipv4!));

        var late = Publish(node, Records.Allow("more", "web", "stranger", Ports(8)));
        await SaysAsync(node, "map policy_ranges is full", "raise --bpf-policy-ranges-max");
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));
        Assert.False(await ReachesAsync(node, "stranger-0", web.Ipv4!));
        Assert.DoesNotContain(node.ControlPlane.Acknowledged, applied => applied.Revision >= late);

        await MakeRoomAsync(node, restarts, options => options with { PolicyRangeEntries = 4 * Size }, Records.Gone(guard));
        await ConvergesAsync(node, late, "map policy_ranges");
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));
        Assert.True(await ReachesAsync(node, "stranger-0", web.Ipv4!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hosts(bool restarts)
    {
        await using var node = new RealNode(forceClsact: false);
        node.DatapathOptions = node.DatapathOptions with { HostEntries = Size };
        var web = await StartAsync(node);
        await node.PublishAsync(Records.Allow("web", "web", "client", 8080), Records.Policy("client", "client", """
            "policyTypes":["Egress"],"egress":[{"to":[{"podSelector":{} }]}]
            """));
        var own = node.Datapath.Hosts.Entries().Count;
        Record[] remote = [.. Enumerable.Range(1, Size).Select(i => Records.Ip($"10.78.0.{i}", 301, "node-b"))];
        await node.PublishAsync(remote[..(Size - own - 4)]);
        await SaysAsync(node, "map hosts is 9", "raise --bpf-ipcache-max");

        // Of a pod whose labels change the address has to follow, whatever else does not fit.
        var late = Publish(node, [.. remote[(Size - own - 4)..], Records.Identity(303, "other"), Records.Ip("10.78.0.1", 303, "node-b")]);
        await SaysAsync(node, "map hosts: put", "raise --bpf-ipcache-max");
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));
        Assert.False(await ReachesAsync(node, "stranger-0", web.Ipv4!));
        var unknown = remote.Select(record => record.Key).Except(Known(node)).ToArray();
        Assert.NotEmpty(unknown);
        Assert.True(await IsDroppedByPolicyAsync(node, "client-0", unknown[0]), $"{unknown[0]} is nobody known, and nobody may be reached");
        Assert.Equal(303u, Identity(node, "10.78.0.1"));
        Assert.DoesNotContain(node.ControlPlane.Acknowledged, applied => applied.Revision >= late);

        await MakeRoomAsync(node, restarts, options => options with { HostEntries = 4 * Size }, [.. remote[1..(Size / 2)].Select(Records.Gone)]);
        await ConvergesAsync(node, late, "map hosts");
        Assert.Contains(remote[^1].Key, Known(node));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Prefixes(bool restarts)
    {
        await using var node = new RealNode(forceClsact: false);
        node.DatapathOptions = node.DatapathOptions with { PrefixEntries = Size };
        var web = await StartAsync(node);
        await node.PublishAsync(Records.Allow("web", "web", "client", 8080));
        await node.PublishAsync(Cidrs("wide", "client", Size - 4));
        await SaysAsync(node, "map prefixes is 9", "raise --bpf-ipcache-max");
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!) is false, "10.77.0.0/16 is not among the prefixes");
        Assert.False(await IsDroppedByPolicyAsync(node, "client-0", "10.200.1.1"));

        var late = Publish(node, Cidrs("wide", "client", 2 * Size));
        await SaysAsync(node, "map prefixes: put", "raise --bpf-ipcache-max");
        Assert.False(await IsDroppedByPolicyAsync(node, "client-0", "10.200.1.1"));
        Assert.True(await IsDroppedByPolicyAsync(node, "client-0", $"10.200.{2 * Size}.1"));
        Assert.False(await ReachesAsync(node, "stranger-0", web.Ipv4!));
        Assert.DoesNotContain(node.ControlPlane.Acknowledged, applied => applied.Revision >= late);

        await MakeRoomAsync(node, restarts, options => options with { PrefixEntries = 8 * Size }, Cidrs("wide", "client", 8));
        await ConvergesAsync(node, late, "map prefixes");
        Assert.False(await IsDroppedByPolicyAsync(node, "client-0", "10.200.1.1"));
        Assert.Equal(!restarts, await IsDroppedByPolicyAsync(node, "client-0", $"10.200.{2 * Size}.1"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Endpoints(bool restarts)
    {
        await using var node = new RealNode(forceClsact: false);
        node.DatapathOptions = node.DatapathOptions with { EndpointEntries = 12 };
        var web = await StartAsync(node);
        await node.PublishAsync(Records.Allow("web", "web", "client", 8080));
        await node.PublishAsync([.. Enumerable.Range(1, 12).Select(i => Records.Pod($"client-{i}", "client", 301))]);
        var next = 1;
        while (!node.Agent!.GetStatus().Problems.Any(problem => problem.Contains("map endpoints is 9") && problem.Contains("raise --bpf-endpoint-max")))
        {
            await node.AddAsync($"client-{next++}");
        }

        while (node.Datapath.Endpoints.Entries().Count < 12)
        {
            await node.AddAsync($"client-{next++}");
        }

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => node.AddAsync($"client-{next}"));
        Assert.Contains("raise --bpf-endpoint-max", refused.Message);
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));
        Assert.False(await ReachesAsync(node, "stranger-0", web.Ipv4!));
        Assert.True(await ReachesAsync(node, "client-1", web.Ipv4!));
        if (restarts)
        {
            await node.StopAsync();
            node.DatapathOptions = node.DatapathOptions with { EndpointEntries = 64 };
            await node.StartAsync();
        }
        else
        {
            await node.CniAsync("del", "client-1");
        }

        await node.AddAsync($"client-{next}");
        Assert.True(await ReachesAsync(node, $"client-{next}", web.Ipv4!));
        await Eventually.IsTrue(() => !node.Agent!.GetStatus().Problems.Any(problem => problem.Contains("map endpoints: put")), "nothing is refused");
    }

    [Fact]
    public async Task Connections()
    {
        // The kernel keeps up to 128 free entries per CPU of an LRU map: of a smaller one they are more than what is left when it counts as full.
        var entries = (uint)Environment.ProcessorCount * 2048;
        var flows = (int)entries * 3 / 2;
        const byte Allowed = 1, Denied = 2;
        await using var node = new RealNode(forceClsact: false);
        node.DatapathOptions = node.DatapathOptions with { ConntrackEntries = entries };
        node.Options = node.Options with { ConntrackInterval = TimeSpan.FromMilliseconds(100) };
        var web = await StartAsync(node);
        await node.PublishAsync(Records.Policy("web", "web", """
            "policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"client"} } }]}]
            """));
        using var receiver = node.Netns("web-0").Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse(web.Ipv4!), 5353)));
        var arrived = new ConcurrentBag<byte>();
        using var stop = new CancellationTokenSource();
        var receiving = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                arrived.Add((await receiver.ReceiveAsync(stop.Token)).Buffer[0]);
            }
        });

        for (var sent = 100; sent <= flows; sent += 100)
        {
            Send(node, "client-0", web.Ipv4!, 100, Allowed);
            Send(node, "stranger-0", web.Ipv4!, 100, Denied);
            await Eventually.IsTrue(() => arrived.Count(content => content == Allowed) >= sent, $"{sent} packets that are allowed have arrived");
        }

        await SaysAsync(node, "map conntrack4 is ", "raise --bpf-ct-global-max");
        await stop.CancelAsync();
        Assert.DoesNotContain(Denied, arrived);
        Assert.True(node.Datapath.Conntrack4.Entries().Count <= entries);
        Assert.False(await ReachesAsync(node, "stranger-0", web.Ipv4!));
        Assert.True(await ReachesAsync(node, "client-0", web.Ipv4!));
        await Eventually.IsTrue(() => node.Agent!.Evicted > 0, "evictions are counted");
    }

    private static void Send(RealNode node, string pod, string address, int flows, byte content) => node.Netns(pod).Run(() =>
    {
        for (var flow = 0; flow < flows; flow++)
        {
            using var socket = new UdpClient(AddressFamily.InterNetwork);
            socket.Send([content], address, 5353);
        }

        return true;
    });

    private async Task<Wire.Agent.EndpointView> StartAsync(RealNode node)
    {
        var web = await node.StartWithPodsAsync();
        _listeners.Add(node.Listen("web-0", web.Ipv4!, 8080));
        return web;
    }

    private static ulong Publish(RealNode node, params Record[] records) => node.ControlPlane.Publish(records);

    private static Task SaysAsync(RealNode node, params string[] parts) => Eventually.IsTrue(
        () => node.Agent!.GetStatus().Problems.Any(problem => parts.All(part => problem.Contains(part, StringComparison.Ordinal))),
        () => $"{string.Join("…", parts)} among {string.Join("; ", node.Agent!.GetStatus().Problems)}", 5);

    private static async Task MakeRoomAsync(RealNode node, bool restarts, Func<DatapathOptions, DatapathOptions> larger, params Record[] smaller)
    {
        if (!restarts)
        {
            Publish(node, smaller);
            return;
        }

        await node.StopAsync();
        node.DatapathOptions = larger(node.DatapathOptions);
        await node.StartAsync();
    }

    private static Task ConvergesAsync(RealNode node, ulong revision, string map) => Eventually.IsTrue(
        () => node.ControlPlane.Acknowledged.Any(applied => applied.Revision >= revision) && !node.Agent!.GetStatus().Problems.Any(problem => problem.Contains(map, StringComparison.Ordinal)),
        () => $"revision {revision} in force: {string.Join("; ", node.Agent!.GetStatus().Problems)}", 20);

    private static Record Cidrs(string name, string app, int count) => Records.Policy(name, app,
        $"\"policyTypes\":[\"Egress\"],\"egress\":[{{\"to\":[{string.Join(',', Enumerable.Range(1, count).Select(i => $"{{\"ipBlock\":{{\"cidr\":\"10.200.{i}.0/24\"}}}}"))}]}}]");

    private static IEnumerable<string> Known(RealNode node) => node.Datapath.Hosts.Entries().Select(entry => entry.Key.ToIPAddress().ToString());

    private static uint Identity(RealNode node, string address) => node.Datapath.Hosts.Entries().Single(entry => entry.Key.ToIPAddress().ToString() == address).Value.Identity;

    private static async Task<bool> ReachesAsync(RealNode node, string pod, string address)
    {
        using var socket = await node.ConnectAsync(pod, address, 8080, 400);
        return socket is not null;
    }

    /// <summary>Whether policy stops a packet to an address that leads nowhere.</summary>
    private async Task<bool> IsDroppedByPolicyAsync(RealNode node, string pod, string address)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var filter = FlowFilterParser.Parse([new("ip", address), new("port", $"{++_lastPort}")]);
        try
        {
            using var socket = await node.ConnectAsync(pod, address, _lastPort, 50);
        }
        catch (SocketException)
        {
            // Nobody is there.
        }

        await foreach (var entry in node.Agent!.Flows.ReadAsync(filter, last: 10, follow: true, patience.Token))
        {
            if (entry.Flow is { } flow)
            {
                return flow.IsPolicyDenied;
            }
        }

        throw new InvalidOperationException("the ring ended");
    }
}
