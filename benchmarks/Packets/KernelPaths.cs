using System.Globalization;
using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Packets;

/// <summary>
/// The kernel's own ways, to be measured against: a bare link, one router, two routers in a row, and a VXLAN device between
/// two routers; without any rule, or with the rules that our pods' policies come to, in nftables.
/// </summary>
internal static class KernelPaths
{
    private const string Client = "10.202.1.2";
    private const string Server = "10.202.2.2";

    /// <summary>Established connections pass, the client's to the server's ports are let in, everything else is dropped.</summary>
    private static readonly string _rules = string.Create(CultureInfo.InvariantCulture, $$"""
        table inet pods {
          chain forward {
            type filter hook forward priority filter; policy drop;
            ct state established,related accept
            ip saddr {{Client}} ip daddr {{Server}} tcp dport {{Topology.FirstPort}}-{{Topology.LastPort}} accept
            ip saddr {{Client}} ip daddr {{Server}} udp dport {{Topology.FirstPort}} accept
          }
        }
        """);

    /// <summary>Two namespaces and a veth pair between them.</summary>
    public static Task<Topology> VethAsync() => BuildAsync(async made =>
    {
        var client = await MakeAsync(made, "vc");
        var server = await MakeAsync(made, "vs");
        await LinkAsync(client, "veth0", Client, server, "veth0", "10.202.1.3", 1500);
        return new Topology("veth", client.Path, server.Path, "10.202.1.3", made);
    });

    /// <summary>Two namespaces and a third that forwards between them.</summary>
    public static Task<Topology> ForwardingAsync(bool rules) => BuildAsync(async made =>
    {
        var client = await MakeAsync(made, "fc");
        var router = await RouterAsync(made, "fr", rules);
        var server = await MakeAsync(made, "fs");
        await LinkAsync(client, "veth0", Client, router, "client", "10.202.1.1", 1500);
        await LinkAsync(server, "veth0", Server, router, "server", "10.202.2.1", 1500);
        await RouteAsync(client, "default", "via", "10.202.1.1");
        await RouteAsync(server, "default", "via", "10.202.2.1");
        return new Topology(rules ? "nftables" : "forwarding", client.Path, server.Path, Server, made);
    });

    /// <summary>Two routers in a row, each with a namespace behind it. In VXLAN's case the routers reach each other's namespaces by a VXLAN device.</summary>
    public static Task<Topology> TwoRoutersAsync(bool vxlan, bool rules, int mtu) => BuildAsync(async made =>
    {
        var client = await MakeAsync(made, "rc");
        var near = await RouterAsync(made, "rn", rules);
        var far = await RouterAsync(made, "rf", rules);
        var server = await MakeAsync(made, "rs");
        await LinkAsync(client, "veth0", Client, near, "client", "10.202.1.1", mtu);
        await LinkAsync(near, "eth0", "172.30.0.1", far, "eth0", "172.30.0.2", 1500);
        await LinkAsync(server, "veth0", Server, far, "server", "10.202.2.1", mtu);
        await RouteAsync(client, "default", "via", "10.202.1.1");
        await RouteAsync(server, "default", "via", "10.202.2.1");
        if (vxlan)
        {
            foreach (var (router, other, number) in new[] { (near, "172.30.0.2", 1), (far, "172.30.0.1", 2) })
            {
                await Command.OkAsync("ip", "-n", router.Name, "link", "add", "vx0", "mtu", $"{mtu}", "type", "vxlan", "id", "1", "remote", other, "dev", "eth0", "dstport", "8472");
                await Command.OkAsync("ip", "-n", router.Name, "address", "add", $"10.202.3.{number}/24", "dev", "vx0");
                await Command.OkAsync("ip", "-n", router.Name, "link", "set", "vx0", "up");
            }
        }

        await RouteAsync(near, "10.202.2.0/24", "via", vxlan ? "10.202.3.2" : "172.30.0.2");
        await RouteAsync(far, "10.202.1.0/24", "via", vxlan ? "10.202.3.1" : "172.30.0.1");
        return new Topology($"{(vxlan ? "kernel VXLAN" : "forwarding")}{(rules ? " + nftables" : "")}", client.Path, server.Path, Server, made);
    });

    /// <summary>What was made before a failure goes again.</summary>
    public static async Task<T> BuildAsync<T>(Func<List<IAsyncDisposable>, Task<T>> build)
    {
        List<IAsyncDisposable> made = [];
        try
        {
            return await build(made);
        }
        catch
        {
            foreach (var item in made)
            {
                await item.DisposeAsync();
            }

            throw;
        }
    }

    public static async Task<Namespace> MakeAsync(List<IAsyncDisposable> made, string role)
    {
        var ns = await Namespace.CreateAsync(Namespace.UniqueName(role));
        made.Add(ns);
        return ns;
    }

    public static async Task<Namespace> RouterAsync(List<IAsyncDisposable> made, string role, bool rules)
    {
        var router = await MakeAsync(made, role);
        (await router.RunAsync("sysctl", "-qw", "net.ipv4.ip_forward=1")).OrThrow();
        if (rules)
        {
            (await Command.RunAsync("nsenter", Namespace.Enter(router.Path, "nft", "-f", "-"), _rules)).OrThrow();
        }

        return router;
    }

    public static async Task LinkAsync(Namespace a, string deviceA, string addressA, Namespace b, string deviceB, string addressB, int mtu)
    {
        await Command.OkAsync("ip", "link", "add", deviceA, "mtu", $"{mtu}", "netns", a.Name, "type", "veth", "peer", "name", deviceB, "mtu", $"{mtu}", "netns", b.Name);
        foreach (var (ns, device, address) in new[] { (a, deviceA, addressA), (b, deviceB, addressB) })
        {
            await Command.OkAsync("ip", "-n", ns.Name, "address", "add", $"{address}/24", "dev", device);
            await Command.OkAsync("ip", "-n", ns.Name, "link", "set", device, "up");
        }
    }

    public static Task RouteAsync(Namespace ns, params string[] route) => Command.OkAsync("ip", ["-n", ns.Name, "route", "add", .. route]);
}
