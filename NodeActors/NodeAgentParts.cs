using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Network;
using Axoneme.Persistence;
using Axoneme.Persistence.Sqlite;

namespace Axoneme.NodeActors;

/// <summary>What an agent stands on; tests give it others.</summary>
/// <param name="Datapath">Maps, attachments, events.</param>
/// <param name="Network">Interfaces, addresses, routes.</param>
/// <param name="Journal">The node's own journal.</param>
/// <param name="RemovePins">Takes away what the datapath left pinned, after it was disposed.</param>
internal sealed record NodeAgentParts(IDatapath Datapath, INodeNetwork Network, IJournal Journal, Action RemovePins)
{
    /// <summary>Takes down what kernel settings were before, for whoever has to put them back without the journal.</summary>
    public Action<IReadOnlyDictionary<string, string>> NoteSettings { get; init; } = _ => { };

    /// <summary>The device that the datapath was loaded to tunnel through; null for none.</summary>
    public LinkInfo? Tunnel { get; init; }

    /// <summary>What could not be had and will not be before the next start, in words.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>The kernel's datapath and network and a journal on disk.</summary>
    public static async Task<NodeAgentParts> OpenAsync(NodeAgentOptions options, Func<IDatapath>? openDatapath)
    {
        var memory = MapSizing.MachineMemory(await File.ReadAllTextAsync("/proc/meminfo").ConfigureAwait(false));
        var journal = SqliteJournal.Open(Path.Combine(options.StateDirectory, "agent.db"));
        NodeNetwork? network = null;
        IDatapath? datapath = null;
        try
        {
            network = new NodeNetwork(NodeNetwork.HostDeviceOf(options.BpfRoot));
            var (config, tunnel) = Prepare(options, network);
            config = config with { NamespaceCookie = NetworkNamespace.Current().Cookie() };
            var datapathOptions = MapSizing.Apply(new DatapathOptions { BpfRoot = options.BpfRoot, ForceClsact = options.ForceClsact, Config = config }, options, memory);
            datapath = openDatapath is null ? NodeDatapath.Open(datapathOptions) : openDatapath();
            return new NodeAgentParts(datapath, network, journal, openDatapath is null ? () => NodeDatapath.Remove(datapathOptions) : () => { })
            {
                Tunnel = tunnel,
                Problems = SetSockets(options, datapath),
                NoteSettings = settings => KernelSettingsFile.Write(options.StateDirectory, settings),
            };
        }
        catch
        {
            datapath?.Dispose();
            network?.Dispose();
            await journal.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Before the datapath is loaded: makes the tunnel device, if the node is to have one, and the constants that programs are loaded with.</summary>
    /// <exception cref="NodeAgentException">The node has no address for a tunnel to end at.</exception>
    public static (DatapathConfig Config, LinkInfo? Tunnel) Prepare(NodeAgentOptions options, INodeLinks links)
    {
        var hasDevices = options.Devices.Count > 0;
        var config = new DatapathConfig
        {
            TunnelPort = options.TunnelPort,
            HostFirewall = Switch(options.HostFirewall && hasDevices),
            Masquerade4 = Switch(options.MasqueradeIPv4 && hasDevices),
            Masquerade6 = Switch(options.MasqueradeIPv6 && hasDevices),
            Services = Switch(options.KubeProxyReplacement),
            NodePortMin = options.Services.NodePortFirst,
            NodePortMax = options.Services.NodePortLast,
        };
        if (options.Routing != RoutingMode.Vxlan)
        {
            links.DeleteTunnel();
            return (config, null);
        }

        var uplinks = NodeUplinks.Detect(options, links.Look());
        if (uplinks.IPv4 is null && uplinks.IPv6 is null)
        {
            throw new NodeAgentException(
                $"option {nameof(options.Routing)}: a tunnel ends at an address of the node, and none of its devices ({string.Join(", ", options.Devices)}) has one; name its devices ({nameof(options.Devices)}) or its address ({nameof(options.NodeIPv4)}, {nameof(options.NodeIPv6)})");
        }

        var tunnel = links.EnsureTunnel(options.TunnelPort, uplinks.TunnelMtu, 0, out _);
        return (config with { TunnelIfindex = tunnel.Index, TunnelMtu = tunnel.Mtu }, tunnel);
    }

    /// <summary>Services work without sockets that help, too, only not for the node itself.</summary>
    private static IReadOnlyList<string> SetSockets(NodeAgentOptions options, IDatapath datapath)
    {
        if (!options.KubeProxyReplacement)
        {
            datapath.DetachSockets();
            return [];
        }

        if (CgroupHierarchy.Find(options.CgroupRoot) is not { } cgroup)
        {
            return [$"services: {options.CgroupRoot} has no cgroup v2 hierarchy, so this node's own connections to services are not translated; mount one, or name it ({nameof(options.CgroupRoot)})"];
        }

        datapath.AttachSockets(cgroup);
        return [];
    }

    private static byte Switch(bool on) => (byte)(on ? 1 : 0);
}
