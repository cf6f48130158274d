using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;

namespace Axoneme.Testbed;

/// <summary>
/// The network that clusters stand on: a router with a bridge for nodes on one link and a cable for each other one, and beyond it a host
/// outside, which knows the way to nodes but none to pods.
/// </summary>
public sealed class Underlay : IAsyncDisposable
{
    /// <summary>The host outside, which answers TCP and UDP on <see cref="OutsidePorts"/>.</summary>
    public const string OutsideIPv4 = "198.51.100.10";

    public const string OutsideIPv6 = "2001:db8:51::10";
    private const string Bridge = "lan";
    private readonly List<FileDescriptor> _links = [];
    private Responder? _responder;

    private Underlay(Teardown teardown, Namespace router, Namespace outside) => (Teardown, Router, Outside) = (teardown, router, outside);

    public static IReadOnlyList<int> OutsidePorts { get; } = [53, 80, 443, 8080];

    public Namespace Router { get; }

    public Namespace Outside { get; }

    /// <summary>Asks from the host outside.</summary>
    public Asker Asker => _responder!.Asker;

    internal Teardown Teardown { get; }

    /// <summary>Makes it, without nodes.</summary>
    public static async Task<Underlay> CreateAsync()
    {
        var teardown = Teardown.Begin();
        try
        {
            var router = await teardown.CreateNamespaceAsync("router");
            var outside = await teardown.CreateNamespaceAsync("outside");
            var underlay = new Underlay(teardown, router, outside);
            await router.OkAsync("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0",
                "net.ipv6.conf.all.keep_addr_on_down=1", "net.ipv6.conf.default.keep_addr_on_down=1");
            await outside.OkAsync("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
            await router.IpAsync($"""
                link add {Bridge} type bridge
                link set {Bridge} up
                link add wan type veth peer name eth0 netns {outside.Name}
                address add 198.51.100.1/24 dev wan
                address add 2001:db8:51::1/64 dev wan nodad
                link set wan up
                """);
            await outside.IpAsync($"""
                address add {OutsideIPv4}/24 dev eth0
                address add {OutsideIPv6}/64 dev eth0 nodad
                link set eth0 up
                route add default via 198.51.100.1
                -6 route add default via 2001:db8:51::1
                """);
            underlay._responder = await Responder.StartAsync(outside.Path, Path.Combine(teardown.Root, "outside.sock"), OutsidePorts);
            return underlay;
        }
        catch
        {
            await teardown.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_responder is not null)
        {
            await _responder.DisposeAsync();
        }

        _links.ForEach(link => link.Dispose());
        await Teardown.DisposeAsync();
    }

    /// <summary>Plugs a node in: its end is <c>eth0</c>, the router's has the name returned. Both ends and the default route are set up.</summary>
    internal async Task<string> ConnectAsync(Namespace node, int number, ClusterOptions options)
    {
        var network = NetworkOf(options, number);
        var cable = $"c{options.Id}n{number}";
        var gateway = options.DifferentLinks ? cable : Bridge;
        await node.OkAsync("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
        await Router.IpAsync($"""
            link add {cable} mtu {options.Mtu} type veth peer name eth0 mtu {options.Mtu} netns {node.Name}
            {(options.DifferentLinks ? "" : $"link set {cable} master {Bridge}")}
            link set {cable} up
            {When(options, AddressFamilies.IPv4, $"address replace {GatewayIPv4(network)}/24 dev {gateway}")}
            {When(options, AddressFamilies.IPv6, $"address replace {GatewayIPv6(network)}/64 dev {gateway} nodad")}
            """);
        await node.IpAsync($"""
            {When(options, AddressFamilies.IPv4, $"address add {IPv4Of(network, number)}/24 dev eth0")}
            {When(options, AddressFamilies.IPv6, $"address add {IPv6Of(network, number)}/64 dev eth0 nodad")}
            link set eth0 up
            {When(options, AddressFamilies.IPv4, $"route add default via {GatewayIPv4(network)}")}
            {When(options, AddressFamilies.IPv6, $"-6 route add default via {GatewayIPv6(network)}")}
            """);
        await RoutePodsAsync(number, options);
        if (options.Drivers)
        {
            await PrepareForDriversAsync(cable);
        }

        return cable;
    }

    /// <summary>
    /// A veth device sends on from its driver what the other end is ready to take so: it has a program, too. Checksums that are to be completed by hardware
    /// would stay incomplete.
    /// </summary>
    private async Task PrepareForDriversAsync(string cable)
    {
        await Router.OkAsync("ethtool", "-K", cable, "tx", "off");
        using var ns = NetworkNamespace.Open(Router.Path);
        _links.Add(ns.Run(() =>
        {
            using var pass = BpfProgramCalls.LoadDriverPass();
            using var routes = RouteSocket.Open();
            var link = BpfLinkCalls.Create(pass, routes.FindLink(cable)!.Index, BpfAttachType.Xdp);
            return link > 0 ? new FileDescriptor(link) : throw new InvalidOperationException($"no program of its driver for {cable}: error {-link}");
        }));
    }

    /// <summary>Tells the router which pods a node has, where the cluster needs that; again after a cable was pulled, which takes routes along.</summary>
    internal async Task RoutePodsAsync(int number, ClusterOptions options)
    {
        var network = NetworkOf(options, number);
        if (options.RouterHasPodRoutes)
        {
            await Router.IpAsync($"""
                {When(options, AddressFamilies.IPv4, $"route replace {PodCidr4(options.Id, number)} via {IPv4Of(network, number)}")}
                {When(options, AddressFamilies.IPv6, $"-6 route replace {PodCidr6(options.Id, number)} via {IPv6Of(network, number)}")}
                """);
        }
    }

    /// <summary>Takes back what connecting a cluster's nodes left at the router. Their cables went with their namespaces.</summary>
    internal async Task DisconnectAsync(IEnumerable<string> cables, ClusterOptions options)
    {
        foreach (var cable in cables)
        {
            // Removed with the other end, which the kernel does a moment later.
            await Router.RunAsync("ip", "link", "del", cable);
        }

        var network = options.Id * 16;
        if (!options.DifferentLinks)
        {
            await Router.RunAsync("ip", "address", "del", $"{GatewayIPv4(network)}/24", "dev", Bridge);
            await Router.RunAsync("ip", "address", "del", $"{GatewayIPv6(network)}/64", "dev", Bridge);
        }
    }

    internal static string? IPv4Of(ClusterOptions options, int number) => options.Family.HasFlag(AddressFamilies.IPv4) ? IPv4Of(NetworkOf(options, number), number) : null;

    internal static string? IPv6Of(ClusterOptions options, int number) => options.Family.HasFlag(AddressFamilies.IPv6) ? IPv6Of(NetworkOf(options, number), number) : null;

    internal static string PodCidr4(int cluster, int number) => $"10.{64 + cluster}.{number}.0/24";

    internal static string PodCidr6(int cluster, int number) => $"fd00:10:{cluster}:{number}::/64";

    private static int NetworkOf(ClusterOptions options, int number) => (options.Id * 16) + (options.DifferentLinks ? number : 0);

    private static string IPv4Of(int network, int number) => $"172.16.{network}.{number}";

    private static string IPv6Of(int network, int number) => $"fd00:172:{network:x}::{number:x}";

    private static string GatewayIPv4(int network) => $"172.16.{network}.254";

    private static string GatewayIPv6(int network) => $"fd00:172:{network:x}::fe";

    private static string When(ClusterOptions options, AddressFamilies family, string line) => options.Family.HasFlag(family) ? line : "";
}
