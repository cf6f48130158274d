using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Actors;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Network;

/// <summary>
/// Keeps the node connected: finds the devices that lead out and has the datapath on them, keeps the tunnel device and the routes to other
/// nodes' pods, and tells the datapath what is masqueraded. It looks at everything whenever the kernel says that something changed.
/// </summary>
internal sealed partial class RoutingActor : NodeActor<RoutingMessage>
{
    /// <summary>Changes come in bursts: a pod is some ten of them.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);
    private readonly NodeAgentOptions _options;
    private readonly IDatapath _datapath;
    private readonly INodeLinks _links;
    private readonly IReadOnlyList<IPAddress> _routers;
    private readonly Action<RoutingView> _moved;
    private readonly MapReconciler<uint, DeviceEntry> _devices;
    private readonly MapReconciler<PrefixKey, uint> _unmasqueraded;
    private readonly MasqueradeFile? _masqueradeFile;
    private readonly IReadOnlyList<IPNetwork> _ownCidrs;
    private readonly Dictionary<InterfaceRole, HashSet<uint>> _attached = [];
    private readonly uint _tunnelIfindex;
    private readonly uint _tunnelMtu;
    private IReadOnlyList<NodeAddressing>? _nodes;
    private HashSet<uint> _accelerated = [];
    private readonly HashSet<uint> _notAccelerated = [];
    private IDisposable? _watch;
    private bool _begun;
    private long _drift;
    private volatile RoutingView _view = RoutingView.Empty;

    /// <param name="options">What is wanted.</param>
    /// <param name="datapath">Has been loaded for <paramref name="tunnel"/>.</param>
    /// <param name="links">The node's network.</param>
    /// <param name="tunnel">The tunnel device, null for native routing.</param>
    /// <param name="routers">The node's addresses among its pods'.</param>
    /// <param name="moved">Told when the node's own addresses have changed.</param>
    /// <param name="timeProvider">Time.</param>
    /// <param name="logger">Log.</param>
    public RoutingActor(
        NodeAgentOptions options, IDatapath datapath, INodeLinks links, LinkInfo? tunnel, IReadOnlyList<IPAddress> routers, Action<RoutingView> moved,
        TimeProvider timeProvider, ILogger<RoutingActor> logger)
        : base("routing", timeProvider, logger)
    {
        (_options, _datapath, _links, _routers, _moved) = (options, datapath, links, routers, moved);
        (_tunnelIfindex, _tunnelMtu) = (tunnel?.Index ?? 0, tunnel?.Mtu ?? 0);
        _ownCidrs = [.. new[] { options.PodCidr4, options.PodCidr6 }.OfType<IPNetwork>()];
        _devices = new(datapath.Devices, logger);
        _unmasqueraded = new(datapath.Unmasqueraded, logger);
        _masqueradeFile = options.IpMasqAgentConfig is { } path ? new MasqueradeFile(path) : null;
        _view = See(links.Look(), tunnel);
    }

    public RoutingView View => _view;

    /// <summary>Bytes; what a new pod's interface gets.</summary>
    public int PodMtu => _view.PodMtu;

    /// <summary>How often somebody else had taken away programs, the tunnel device or map entries, and they were put back.</summary>
    public long Drift => Volatile.Read(ref _drift);

    public IEnumerable<MapStatus> MapStatus => [_devices.Status, _unmasqueraded.Status];

    /// <summary>After the state actor restored what is known, and before the programs judge by it: fills this actor's maps.</summary>
    public void Restore(NodeState state)
    {
        Take(state);
        _devices.Compare(countsAsDrift: false);
        _unmasqueraded.Compare(countsAsDrift: false);
        KeepUnmasqueraded([]);
        KeepDevices(_view.Uplinks);
    }

    /// <summary>
    /// Before <see cref="NodeActor{T}.Start"/>: brings the node's devices under the datapath. Routes are left alone until the cluster's nodes are known.
    /// </summary>
    public void Begin()
    {
        Pass();
        _begun = true;
        _watch = _links.Watch(() => Post(new RoutingMessage.Look()));
    }

    public override async ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _watch, null)?.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override async ValueTask HandleAsync(IReadOnlyList<RoutingMessage> batch, CancellationToken cancellationToken)
    {
        if (batch.OfType<RoutingMessage.Nodes>().LastOrDefault() is { } nodes)
        {
            Take(nodes.State);
        }
        else
        {
            await Task.Delay(Gathering, TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        Pass();
    }

    private void Take(NodeState state)
    {
        if (state.IsComplete)
        {
            _nodes = [.. state.Nodes.Values.OrderBy(node => node.Name, StringComparer.Ordinal).Select(NodeAddressing.From)];
        }
    }

    private void Pass()
    {
        var problems = new List<string>();
        var tunnel = _tunnelIfindex == 0 ? null : KeepTunnel();
        var seen = _links.Look();
        var view = See(seen, tunnel);
        if (tunnel is not null && view.Uplinks.TunnelMtu != _tunnelMtu)
        {
            problems.Add($"packets of up to {view.Uplinks.TunnelMtu} bytes fit through the tunnel now and the datapath was loaded for {_tunnelMtu}; start the agent again");
        }

        // What is not masqueraded is known before anything is.
        var masquerade = KeepUnmasqueraded(problems);
        KeepAccelerated(view.Uplinks.Devices, problems);
        KeepDevices(view.Uplinks);
        KeepAttached(InterfaceRole.Device, [.. view.Uplinks.Devices.Select(device => (device.Ifindex, device.Name))], problems);
        KeepAttached(InterfaceRole.Overlay, tunnel is null ? [] : [(tunnel.Index, tunnel.Name)], problems);
        var routes = KeepRoutes(view.Uplinks, seen, tunnel, problems);
        problems.AddRange(MapStatus.Select(map => map.Problem).OfType<string>());
        var moved = !view.LocalAddresses.ToHashSet().SetEquals(_view.LocalAddresses) || !Equals(view.Uplinks.IPv4, _view.Uplinks.IPv4) || !Equals(view.Uplinks.IPv6, _view.Uplinks.IPv6);
        _view = view with { Ways = routes?.Ways ?? _view.Ways, Unmasqueraded = masquerade, Problems = problems };
        if (moved)
        {
            _moved(_view);
        }
    }

    private RoutingView See(NodeLinks seen, LinkInfo? tunnel)
    {
        var uplinks = NodeUplinks.Detect(_options, seen);
        return new RoutingView
        {
            Uplinks = uplinks,
            Tunnel = tunnel,
            PodMtu = _options.Mtu != 0 ? _options.Mtu : (int)(tunnel is null ? uplinks.Mtu : uplinks.TunnelMtu),
            LocalAddresses = NodeNetwork.LocalAddressesOf(seen.Addresses),
        };
    }

    /// <summary>The programs know the device by its index: one that was taken away comes back under the same.</summary>
    private LinkInfo KeepTunnel()
    {
        var tunnel = _links.EnsureTunnel(_options.TunnelPort, _tunnelMtu, _tunnelIfindex, out var wasMade);
        if (wasMade && _begun)
        {
            Interlocked.Increment(ref _drift);
            Log.TunnelMadeAgain(Logger, tunnel.Name);
        }

        return tunnel;
    }

    private List<IPNetwork> KeepUnmasqueraded(List<string> problems)
    {
        var networks = _ownCidrs.Concat(_nodes?.SelectMany(node => node.PodCidrs) ?? []).Concat(_options.NonMasqueradeCidrs)
            .Concat(_masqueradeFile?.Read() ?? []).Distinct().ToList();
        if (_masqueradeFile?.Problem is { } problem)
        {
            problems.Add(problem);
        }

        Keep(_unmasqueraded, networks.Select(network => KeyValuePair.Create(PrefixKey.From(network), 1u)), removes: _nodes is not null);
        return networks;
    }

    private void KeepDevices(NodeUplinks uplinks) => Keep(
        _devices,
        uplinks.Devices.Select(device => KeyValuePair.Create(
                device.Ifindex, Entry(device.IPv4, device.IPv6, device.Mac) with { Flags = _accelerated.Contains(device.Ifindex) ? DeviceFlags.Accelerated : DeviceFlags.None }))
            .Append(KeyValuePair.Create(DeviceEntry.OfNode, Entry(uplinks.IPv4, uplinks.IPv6, default))),
        removes: true);

    private DeviceEntry Entry(IPAddress? ipv4, IPAddress? ipv6, MacAddress mac) => new()
    {
        Ipv4 = (_options.MasqueradeIPv4 || _options.KubeProxyReplacement) && ipv4 is not null ? IpAddressKey.From(ipv4).Word3 : 0,
        Ipv6 = (_options.MasqueradeIPv6 || _options.KubeProxyReplacement) && ipv6 is not null ? IpAddressKey.From(ipv6) : default,
        Mac = mac,
    };

    /// <param name="map">The map.</param>
    /// <param name="wanted">What it should hold.</param>
    /// <param name="removes">Whether what is not wanted goes: not before everything that could be wanted is known.</param>
    private void Keep<TKey, TValue>(MapReconciler<TKey, TValue> map, IEnumerable<KeyValuePair<TKey, TValue>> wanted, bool removes)
        where TKey : unmanaged, IEquatable<TKey>
        where TValue : unmanaged, IEquatable<TValue>
    {
        var entries = wanted.ToDictionary();
        foreach (var key in map.Desired.Keys.Where(key => !entries.ContainsKey(key)).ToArray())
        {
            map.Remove(key);
        }

        foreach (var (key, value) in entries)
        {
            map.Set(key, value);
        }

        map.Compare(countsAsDrift: _begun && removes);
        if (map.WritePuts() && removes)
        {
            map.WriteDeletes();
        }
    }

    /// <summary>Drivers do nothing until tc leaves them something to do: they come first, and what says that they are there is written after.</summary>
    private void KeepAccelerated(IReadOnlyList<NodeDevice> devices, List<string> problems)
    {
        var wanted = _options.Accelerates ? devices : [];
        var accelerated = _datapath.AcceleratedInterfaces().ToHashSet();
        foreach (var ifindex in accelerated.Where(ifindex => wanted.All(device => device.Ifindex != ifindex)).ToArray())
        {
            _datapath.Decelerate(ifindex);
            accelerated.Remove(ifindex);
        }

        foreach (var device in wanted.Where(device => !accelerated.Contains(device.Ifindex)))
        {
            try
            {
                _datapath.Accelerate(device.Ifindex, inDriver: _options.Services.Acceleration != LoadBalancerAcceleration.TestingOnly);
                accelerated.Add(device.Ifindex);
            }
            catch (KernelException exception) when (_options.Services.Acceleration == LoadBalancerAcceleration.BestEffort)
            {
                if (_notAccelerated.Add(device.Ifindex))
                {
                    Log.NotAccelerated(Logger, device.Name, exception.Message);
                }
            }
            catch (KernelException exception)
            {
                problems.Add($"interface {device.Name}: its driver does not send on what is for services, which goes the longer way: {exception.Message}; choose --bpf-lb-acceleration best-effort or disabled, or see what the driver demands of XDP");
            }
        }

        _accelerated = accelerated;
    }

    private void KeepAttached(InterfaceRole role, IReadOnlyList<(uint Ifindex, string Name)> wanted, List<string> problems)
    {
        var attached = _datapath.AttachedInterfaces(role).ToHashSet();
        var known = _attached.GetValueOrDefault(role) ?? [];
        foreach (var (ifindex, name) in wanted.Where(device => !attached.Contains(device.Ifindex)))
        {
            try
            {
                _datapath.Attach(ifindex, role);
                if (known.Contains(ifindex))
                {
                    Interlocked.Increment(ref _drift);
                    Log.AttachedAgain(Logger, name);
                }
            }
            catch (KernelException exception)
            {
                problems.Add($"interface {name}: the datapath's programs are not attached: {exception.Message}");
            }
        }

        foreach (var ifindex in attached.Where(ifindex => wanted.All(device => device.Ifindex != ifindex)))
        {
            _datapath.Detach(ifindex, role);
        }

        _attached[role] = [.. wanted.Select(device => device.Ifindex)];
    }

    private NodeRoutes? KeepRoutes(NodeUplinks uplinks, NodeLinks seen, LinkInfo? tunnel, List<string> problems)
    {
        if (_nodes is null)
        {
            return null;
        }

        var others = _nodes.Where(node => node.Name != _options.NodeName);
        var routes = tunnel is not null ? NodeRoutes.ByTunnel(others, _ownCidrs, _routers, uplinks, tunnel, _tunnelMtu)
            : _options.AutoDirectNodeRoutes ? NodeRoutes.Direct(others, _ownCidrs, _routers, uplinks, seen)
            : NodeRoutes.LeftToTheNetwork(others);
        problems.AddRange(routes.Problems);
        problems.AddRange(_links.SetRoutes(routes.Routes));
        return routes;
    }

    private static partial class Log
    {
        [LoggerMessage(60, LogLevel.Warning, "The tunnel device {Device} was gone or changed and was made again", EventName = "TunnelMadeAgain")]
        public static partial void TunnelMadeAgain(ILogger logger, string device);

        [LoggerMessage(62, LogLevel.Information, "The driver of device {Device} does not send on what is for services: {Reason}", EventName = "NotAccelerated")]
        public static partial void NotAccelerated(ILogger logger, string device, string reason);

        [LoggerMessage(61, LogLevel.Warning, "The programs were detached from device {Device} by somebody else and are attached again", EventName = "DeviceAttachedAgain")]
        public static partial void AttachedAgain(ILogger logger, string device);
    }
}
