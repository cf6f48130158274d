using Axoneme.Datapath;
using Axoneme.NodeActors.Network;
using Axoneme.NodeActors.State;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Api;

/// <summary>How this node is connected, and how it reaches others.</summary>
internal sealed class NodeViews(NodeAgentOptions options, IDatapath datapath, StateActor state, RoutingActor routing)
{
    public NetworkView Network()
    {
        var view = routing.View;
        var masquerades = options.Devices.Count > 0;
        return new NetworkView(
            NameOf(options.Routing), [.. view.Uplinks.Devices.Select(d => new DeviceView(d.Name, d.Ifindex, d.Mtu, d.IPv4?.ToString(), d.IPv6?.ToString()))],
            view.Uplinks.IPv4?.ToString(), view.Uplinks.IPv6?.ToString(), view.PodMtu,
            view.Tunnel is { } tunnel ? new TunnelDeviceView(tunnel.Name, tunnel.Index, tunnel.TunnelPort, tunnel.Mtu) : null,
            [.. masquerades && options.MasqueradeIPv4 ? new[] { "ipv4" } : [], .. masquerades && options.MasqueradeIPv6 ? new[] { "ipv6" } : []],
            [.. view.Unmasqueraded.Select(network => network.ToString())], options.AutoDirectNodeRoutes);
    }

    public IReadOnlyList<ClusterNodeView> List()
    {
        var view = routing.View;
        return [.. state.View.State.Nodes.Values.OrderBy(node => node.Name, StringComparer.Ordinal).Select(record =>
        {
            var node = NodeAddressing.From(record);
            var isLocal = node.Name == options.NodeName;
            var underlay = isLocal || options.Routing != RoutingMode.Vxlan ? null : node.UnderlayFrom(view.Uplinks.IPv4, view.Uplinks.IPv6);
            return new ClusterNodeView(
                node.Name, isLocal, node.IPv4?.ToString(), node.IPv6?.ToString(), [.. record.Addresses], [.. record.PodCidrs], underlay?.ToString(),
                isLocal ? "this node" : view.Ways.GetValueOrDefault(node.Name, "not known yet"));
        })];
    }

    public IReadOnlyList<BpfTunnelView> Tunnels()
    {
        var names = List().Where(node => node.Underlay is not null).GroupBy(node => node.Underlay!).ToDictionary(group => group.Key, group => group.First().Name);
        return
        [
            .. datapath.Tunnels.Entries().Where(pair => pair.Value != default).OrderBy(pair => pair.Key)
                .Select(pair => new BpfTunnelView(pair.Key, pair.Value.ToString(), names.GetValueOrDefault(pair.Value.ToString()))),
        ];
    }

    private static string NameOf(RoutingMode mode) => mode == RoutingMode.Vxlan ? "vxlan" : "native";
}
