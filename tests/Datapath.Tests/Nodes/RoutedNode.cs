using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Nodes;

/// <summary>One node of a <see cref="RoutedNodes"/>: its namespace, its pod, and the datapath with maps written by hand.</summary>
internal sealed class RoutedNode : IDisposable
{
    public const uint PodIdentityBase = 1000;
    private NodeDatapath? _datapath;

    public RoutedNode(string prefix, int number, NetworkNamespace node, NetworkNamespace pod)
    {
        (Number, Namespace, Pod) = (number, node, pod);
        BpfRoot = $"/run/{prefix}-{number}/bpf";
        Directory.CreateDirectory($"/run/{prefix}-{number}");
    }

    public int Number { get; }

    public NetworkNamespace Namespace { get; }

    public NetworkNamespace Pod { get; }

    public string BpfRoot { get; }

    public NodeDatapath Datapath => _datapath!;

    public uint PodIdentity => PodIdentityBase + (uint)Number;

    public IPAddress PodAddress(bool ipv6) => IPAddress.Parse(ipv6 ? $"fd10:{Number}::2" : $"10.{Number}.0.2");

    public IPAddress Router(bool ipv6) => IPAddress.Parse(ipv6 ? $"fd10:{Number}::1" : $"10.{Number}.0.1");

    public IPAddress NodeAddress(bool ipv6) => IPAddress.Parse(ipv6 ? $"fd30::{Number}" : $"172.30.0.{Number}");

    /// <summary>Gives the pod or the node a policy: what is not allowed is dropped in both directions.</summary>
    public void Enforce(uint ifindex, EndpointFlags flags, params (TrafficDirection Direction, uint Identity, byte Protocol, ushort Port)[] allowed)
    {
        Assert.True(Datapath.Endpoints.TryGet(ifindex, out var entry));
        foreach (var (direction, identity, protocol, port) in allowed)
        {
            var traffic = (uint)protocol << 16 | port;
            Datapath.Policy.Put(PolicyKey.Of(entry.PolicyId, direction, identity), new PolicyEntry(0, 1, new PolicyRangeEntry(traffic, traffic, 1, 20)));
        }

        Datapath.Endpoints.Put(ifindex, entry with { Flags = flags, PolicyRevision = entry.PolicyRevision + 1 });
    }

    /// <summary>Loads the programs, or takes over what is there, and attaches them.</summary>
    public void Open(DatapathConfig config) => Namespace.Run(() =>
    {
        _datapath = NodeDatapath.Open(new DatapathOptions
        {
            BpfRoot = BpfRoot, EndpointEntries = 64, ConntrackEntries = 4096, FragmentEntries = 64, HostEntries = 1024, PrefixEntries = 1024, PolicyEntries = 1024,
            PolicyRangeEntries = 1024, NatEntries = 1024, TunnelEntries = 64, UnmasqueradedEntries = 64, EventRingBytes = 1 << 18, Config = config,
        });
        Datapath.Attach(Link("lxc1").Index);
        Datapath.Attach(Link("eth0").Index, InterfaceRole.Device);
        if (config.TunnelIfindex != 0)
        {
            Datapath.Attach(config.TunnelIfindex, InterfaceRole.Overlay);
        }
    });

    /// <summary>Has the device's driver send on what it can.</summary>
    public void Accelerate()
    {
        var device = Link("eth0").Index;
        Namespace.Run(() => Datapath.Accelerate(device));
        Assert.True(Datapath.Devices.TryGet(device, out var entry));
        Datapath.Devices.Put(device, entry with { Flags = DeviceFlags.Accelerated });
    }

    /// <summary>What an agent would write of a cluster of these nodes.</summary>
    public void WriteMaps(IReadOnlyList<RoutedNode> nodes, bool tunnel, bool ipv6Underlay = false)
    {
        var lxc = Link("lxc1");
        using var inside = RouteSocket.OpenIn(Pod);
        Datapath.Endpoints.Put(lxc.Index, new EndpointEntry
        {
            Identity = PodIdentity, PolicyId = 1, PolicyRevision = 1, Id = 7, Mac = inside.FindLink("eth0")!.Mac, GatewayMac = lxc.Mac,
            Ipv4 = IpAddressKey.From(PodAddress(ipv6: false)).Word3, Ipv6 = IpAddressKey.From(PodAddress(ipv6: true)),
        });
        Datapath.Endpoints.Put(EndpointEntry.HostInterface, new EndpointEntry { Identity = 1, PolicyId = 2, PolicyRevision = 1, Id = 8 });
        var device = Link("eth0");
        foreach (var key in new[] { device.Index, DeviceEntry.OfNode })
        {
            Datapath.Devices.Put(key, new DeviceEntry { Mac = device.Mac, Ipv4 = IpAddressKey.From(NodeAddress(ipv6: false)).Word3, Ipv6 = IpAddressKey.From(NodeAddress(ipv6: true)) });
        }

        foreach (var node in nodes)
        {
            var index = tunnel && node != this ? (uint)node.Number : 0;
            if (index != 0)
            {
                Datapath.Tunnels.Put(index, IpAddressKey.From(node.NodeAddress(ipv6Underlay)));
            }

            foreach (var ipv6 in new[] { false, true })
            {
                var self = node == this;
                Datapath.Hosts.Put(IpAddressKey.From(node.PodAddress(ipv6)), new IpcacheEntry { Identity = node.PodIdentity, Ifindex = self ? lxc.Index : 0, Tunnel = index });
                foreach (var address in new[] { node.NodeAddress(ipv6), node.Router(ipv6) })
                {
                    Datapath.Hosts.Put(IpAddressKey.From(address), new IpcacheEntry { Identity = self ? 1u : 6u, Tunnel = index });
                }
            }
        }
    }

    /// <summary>As if somebody had given the pod a larger MTU than the way has.</summary>
    public void SetPodMtu(int mtu)
    {
        foreach (var (ns, link) in new[] { (Namespace, "lxc1"), (Pod, "eth0") })
        {
            ns.Run(() => Assert.True(System.Diagnostics.Process.Start("ip", ["link", "set", link, "mtu", $"{mtu}"]).WaitForExit(5000)));
        }
    }

    public LinkInfo Link(string name)
    {
        using var routes = RouteSocket.OpenIn(Namespace);
        return routes.FindLink(name) ?? throw new InvalidOperationException($"no interface {name}");
    }

    /// <summary>Ends the process's part and leaves everything in force, as an agent that ends.</summary>
    public void Close()
    {
        _datapath?.Dispose();
        _datapath = null;
    }

    public void Dispose()
    {
        Close();
        Namespace.Run(() => NodeDatapath.Remove(new DatapathOptions { BpfRoot = BpfRoot }));
        Directory.Delete(Path.GetDirectoryName(BpfRoot)!, recursive: true);
        Pod.Dispose();
        Namespace.Dispose();
    }
}
