using System.Net;
using Axoneme.Benchmarks.Packets;
using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Services;

/// <summary>The places of <see cref="ServedNodes"/> with the kernel's own routers, which serve services by the rules that kube-proxy writes, and by no others.</summary>
/// <param name="FromOutside">From outside to the first router's port. All goes with it.</param>
/// <param name="FromPod">From behind the first router to the cluster IP.</param>
internal sealed record KubeProxyPaths(Topology FromOutside, Topology FromPod) : IAsyncDisposable
{
    private const string Server = "10.202.2.2";
    private const string NodeAddress = "192.0.2.1";

    public static Task<KubeProxyPaths> IptablesAsync(int services) => BuildAsync("iptables", services, rules => rules.Iptables(), "iptables-restore");

    public static Task<KubeProxyPaths> NftablesAsync(int services) => BuildAsync("nftables", services, rules => rules.Nftables(), "nft", "-f", "-");

    /// <summary>
    /// Connections that ended leave nothing at the server: a client that comes by another way, or by another port of the node's, would be taken for an old one's
    /// that is late, and wait a second.
    /// </summary>
    public static Task<string> ForgetEndedAsync(Namespace server) => server.OkAsync("sysctl", "-qw", "net.ipv4.tcp_max_tw_buckets=0");

    public ValueTask DisposeAsync() => FromOutside.DisposeAsync();

    private static Task<KubeProxyPaths> BuildAsync(string name, int services, Func<KubeProxyRules, string> write, params string[] load) => KernelPaths.BuildAsync(async made =>
    {
        var outside = await KernelPaths.MakeAsync(made, "ko");
        var pod = await KernelPaths.MakeAsync(made, "kc");
        var near = await KernelPaths.RouterAsync(made, "kn", rules: false);
        var far = await KernelPaths.RouterAsync(made, "kf", rules: false);
        var server = await KernelPaths.MakeAsync(made, "ks");
        await KernelPaths.LinkAsync(outside, "veth0", "192.0.2.2", near, "eth1", NodeAddress, 1500);
        await KernelPaths.LinkAsync(pod, "veth0", "10.202.1.2", near, "client", "10.202.1.1", 1500);
        await KernelPaths.LinkAsync(near, "eth0", "172.30.0.1", far, "eth0", "172.30.0.2", 1500);
        await KernelPaths.LinkAsync(server, "veth0", Server, far, "server", "10.202.2.1", 1500);
        await KernelPaths.RouteAsync(pod, "default", "via", "10.202.1.1");
        await KernelPaths.RouteAsync(server, "default", "via", "10.202.2.1");
        await KernelPaths.RouteAsync(near, "10.202.2.0/24", "via", "172.30.0.2");
        await KernelPaths.RouteAsync(far, "10.202.1.0/24", "via", "172.30.0.1");
        await ForgetEndedAsync(server);
        var served = AskedService.Among(services, Server);
        foreach (var (router, addresses) in new[] { (near, new[] { NodeAddress, "172.30.0.1" }), (far, ["172.30.0.2"]) })
        {
            // What ended need not be remembered: thousands of connections a second would fill the table otherwise.
            (await router.RunAsync("sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_timeout_time_wait=1")).OrThrow();
            var rules = write(new KubeProxyRules(served, [.. addresses.Select(IPAddress.Parse)], "10.202.0.0/16"));
            (await Command.RunAsync("nsenter", Namespace.Enter(router.Path, load[0], load[1..]), rules, timeout: TimeSpan.FromMinutes(10))).OrThrow();
        }

        return new KubeProxyPaths(
            new Topology(name, outside.Path, server.Path, NodeAddress, made) { Port = AskedService.NodePort, ServerPorts = AskedService.ServerPorts },
            new Topology(name, pod.Path, server.Path, $"{AskedService.ClusterIp}", []) { Port = AskedService.Port, ServerPorts = [] });
    });
}
