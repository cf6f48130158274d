using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd.Services;

/// <summary>Two nodes with a backend each and clients of every manner, for tests that make a service each. Its tests run one after the other.</summary>
/// <param name="options">How the nodes reach each other, and what their agents are told.</param>
public abstract class LifeBed(ClusterOptions options) : IAsyncLifetime
{
    private readonly List<Responder> _processes = [];
    private int _services;

    /// <summary>IP versions.</summary>
    internal static int[] Families { get; } = [4, 6];

    internal Cluster Cluster { get; private set; } = null!;

    internal Pod Client { get; private set; } = null!;

    /// <summary>Backends <c>web1</c> and <c>web2</c>, on the node of that number.</summary>
    internal Endpoint[] Backends { get; private set; } = [];

    internal Party Outside => Party.Outside(Cluster.Underlay);

    internal Asker BySockets => Cluster.Nodes[0].AskerIn(Client);

    internal Asker ByPackets => _processes[0].Asker;

    public async Task InitializeAsync()
    {
        Cluster = await Cluster.StartAsync(
            options, ("pods.yaml", string.Join("\n---\n", ManualService.Pod("client", 1), ManualService.Pod("web1", 1), ManualService.Pod("web2", 2))));
        var pods = await Cluster.PodsAsync("shop/client", "shop/web1", "shop/web2");
        (Client, Backends) = (pods["shop/client"], [new Endpoint(pods["shop/web1"], 1), new Endpoint(pods["shop/web2"], 2)]);
        _processes.Add(await Responder.StartAsync(Client.NetnsPath, Path.Combine(Cluster.Nodes[0].RunDirectory, "packets.sock"), []));
        await Cluster.Underlay.Router.IpAsync($"""
            route replace 203.0.113.0/24 via {Cluster.Nodes[0].IPv4}
            -6 route replace 2001:db8:113::/64 via {Cluster.Nodes[0].IPv6}
            """);
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        if (Cluster is not null)
        {
            await Cluster.DisposeAsync();
        }
    }

    /// <summary>Makes a service; it has no backends yet.</summary>
    /// <param name="name">A name of its own.</param>
    /// <param name="more">More lines of its spec.</param>
    internal async Task<ManualService> ServiceAsync(string name, string more = "")
    {
        var service = new ManualService(name, ++_services, more);
        await Cluster.EnforceAsync($"{name}.yaml", service.Yaml);
        return service;
    }

    internal Task SetAsync(ManualService service, params IEnumerable<Endpoint> endpoints) =>
        Cluster.EnforceAsync($"{service.Name}-slices.yaml", Endpoint.Slices(service.Name, service.Name, endpoints));

    /// <summary>Every way to a service: who asks, and where.</summary>
    internal IEnumerable<(string Name, Asker Asker, string Address, int Port)> Ways(ManualService service) => Families.SelectMany(family => new[]
    {
        ($"sockets, IPv{family}", BySockets, service.ClusterIp(family), ManualService.Port),
        ($"packets, IPv{family}", ByPackets, service.ClusterIp(family), ManualService.Port),
        ($"outside, IPv{family}", Cluster.Underlay.Asker, NodeAddress(family), service.NodePort),
    });

    /// <summary>Sockets of the testbed, which nobody helps: as packets and from outside.</summary>
    internal IEnumerable<(Party From, string Address, int Port)> OpenWays(ManualService service) => Families.SelectMany(family => new[]
    {
        (Party.Of(Client), service.ClusterIp(family), ManualService.Port),
        (Outside, NodeAddress(family), service.NodePort),
    });

    internal string NodeAddress(int family) => (family == 4 ? Cluster.Nodes[0].IPv4 : Cluster.Nodes[0].IPv6)!;

    /// <summary>Waits until who answers on every way and by both protocols is just these; an answer of nobody is what the error says.</summary>
    internal Task AnsweredAsync(ManualService service, params string[] names) => Cluster.UntilAsync($"{service.Name} is answered by {string.Join(", ", names)}", async () =>
    {
        const int Times = 8; // one of two is not heard once in a hundred of these, and then they are asked again
        foreach (var (_, asker, address, port) in Ways(service))
        {
            foreach (var protocol in new[] { "tcp", "udp" })
            {
                var heard = await asker.AskAsync(Enumerable.Repeat(new Asked(protocol, address, port), Times));
                if (!heard.Select(one => one.Who ?? one.Error!).ToHashSet().SetEquals(names))
                {
                    return false;
                }
            }
        }

        return true;
    });
}
