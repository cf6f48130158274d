using Axoneme.Datapath;
using Axoneme.Hubble;
using Axoneme.NodeActors.Actors;
using Axoneme.NodeActors.Addresses;
using Axoneme.NodeActors.Api;
using Axoneme.NodeActors.Cni;
using Axoneme.NodeActors.Conntrack;
using Axoneme.NodeActors.ControlPlane;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.Flows;
using Axoneme.NodeActors.Health;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Network;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.State;
using Axoneme.Persistence;
using Axoneme.Wire;
using Axoneme.Wire.Agent;
using Axoneme.Wire.Node;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors;

/// <summary>
/// One node's agent: follows the control plane's state, keeps the kernel equal to it, serves CNI and the agent's socket.
/// Ending it leaves the kernel's state in place, so that pods and verdicts outlive the process.
/// </summary>
public sealed class NodeAgent : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MasqueradeFileInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CompactInterval = TimeSpan.FromMinutes(10);
    private readonly NodeAgentOptions _options;
    private readonly NodeAgentParts _parts;
    private readonly IDatapath _datapath;
    private readonly LocalStore _store;
    private readonly StateActor _state;
    private readonly ServiceActor _services;
    private readonly StrandedSockets _stranded;
    private readonly RoutingActor _routing;
    private readonly EndpointService _endpoints;
    private readonly NodeReporter _reporter;
    private readonly StateFollower _follower;
    private readonly ConntrackCollector _conntrack;
    private readonly MapPressure _pressure;
    private readonly FlowPipeline _flows;
    private readonly HealthService _health;
    private readonly AgentApi _api;
    private readonly CniServer _cni;
    private readonly PeriodicWork _periodic;
    private readonly Dictionary<string, string> _settingsBefore;
    private AgentServer? _server;
    private bool _datapathGone;
    private int _disposed;

    private NodeAgent(
        NodeAgentOptions options, NodeAgentParts parts, LocalContents contents, IStateStream stream, INodeReports reports, TimeProvider timeProvider,
        ILoggerFactory loggers)
    {
        (_options, _parts, _datapath) = (options, parts, parts.Datapath);
        _settingsBefore = new Dictionary<string, string>(contents.Settings);
        _store = new LocalStore(parts.Journal, timeProvider, loggers.CreateLogger<LocalStore>());
        _reporter = new NodeReporter(options.NodeName, stream, reports, endpoint => _endpoints!.Reported(endpoint), timeProvider, loggers.CreateLogger<NodeReporter>());
        _state = new StateActor(
            options, _datapath, _store, contents, applied => _reporter.Post(new NodeReporter.Statement.Applied(applied)),
            () => _follower!.StartOver(), timeProvider,
            loggers.CreateLogger<StateActor>());
        _services = new ServiceActor(options, _datapath, parts.Network, _store, contents, timeProvider, loggers.CreateLogger<ServiceActor>())
        {
            Written = ticket => _state.Post(new StateMessage.ServicesWritten(ticket)),
            Stranding = () => _stranded!.Post(default),
        };
        _stranded = new StrandedSockets(
            _datapath, parts.Network, _services.JudgeAsync, () => _endpoints!.Endpoints.Where(endpoint => !endpoint.IsHost).Select(endpoint => endpoint.Interface.Netns), timeProvider,
            loggers.CreateLogger<StrandedSockets>());
        _state.Services = _services;
        var pools = new[] { options.PodCidr4, options.PodCidr6 }.OfType<System.Net.IPNetwork>().Select(network => new AddressPool(network)).ToArray();
        _routing = new RoutingActor(
            options, _datapath, parts.Network, parts.Tunnel, [.. pools.Select(pool => pool.Router)], Moved, timeProvider, loggers.CreateLogger<RoutingActor>());
        if (parts.Tunnel is not null)
        {
            _state.UseTunnel(_datapath, _routing.View.Uplinks.IPv4, _routing.View.Uplinks.IPv6);
        }

        _state.NodesChanged = state => _routing.Post(new RoutingMessage.Nodes(state));
        _endpoints = new EndpointService(
            options, _datapath, parts.Network, pools, _state, _store, endpoint => _reporter.Post(new NodeReporter.Statement.About(endpoint)), timeProvider,
            loggers.CreateLogger<EndpointService>(), () => _routing.PodMtu);
        _follower = new StateFollower(
            stream, reports, Registration, OnConnected, commit => _state.Post(new StateMessage.CommitReceived(commit)), timeProvider,
            loggers.CreateLogger<StateFollower>());
        _conntrack = new ConntrackCollector(_datapath, options.ConntrackInterval, timeProvider, loggers.CreateLogger<ConntrackCollector>());
        _pressure = new MapPressure(_datapath, () => _state.MapStatus.Concat(_services.MapStatus), () => _conntrack.Last, loggers.CreateLogger<MapPressure>());
        _periodic = new PeriodicWork(timeProvider, loggers.CreateLogger<PeriodicWork>());
        var bpf = new BpfViews(_datapath, _state, timeProvider);
        _flows = new FlowPipeline(options.NodeName, _datapath, new FlowMetadata(_state, bpf), options.FlowRingCapacity, timeProvider);
        _health = new HealthService(options, _endpoints, parts.Network, _state, Registration, () => _follower.RegisterAgain(), timeProvider, loggers);
        _api = new AgentApi(
            options, _datapath, _state, _endpoints, new AgentMetrics(options, _datapath, _state, _endpoints, _conntrack, _pressure, _health), _flows, bpf, _routing, _services, _pressure,
            () => _follower.Problem, Problems, _health);
        _cni = new CniServer(_endpoints, NotReady);
    }

    /// <summary>The socket the agent listens on.</summary>
    public string SocketPath => _server!.SocketPath;

    /// <summary>The last flows of this node.</summary>
    public FlowRing Flows => _flows.Ring;

    /// <summary>Completes, faulted, when an actor cannot go on; otherwise it completes only when the agent is disposed.</summary>
    public Task Failure => Task.WhenAny(_store.Completion, _state.Completion, _services.Completion, _stranded.Completion, _routing.Completion, _reporter.Completion, _follower.Completion, _conntrack.Completion, _flows.Completion).Unwrap();

    /// <summary>
    /// Loads or takes over the datapath, re-adopts the pods of an earlier run, opens the socket and starts following <paramref name="stream"/>.
    /// Returns when CNI calls can be answered; neither needs the control plane.
    /// </summary>
    /// <param name="options">Which node this is, and where its things are.</param>
    /// <param name="stream">What the control plane decides.</param>
    /// <param name="reports">Takes what the node did.</param>
    /// <param name="openDatapath">Opens another datapath than the kernel's; null for the kernel's, pinned at <see cref="NodeAgentOptions.BpfRoot"/>. The agent disposes it.</param>
    /// <param name="timeProvider">Time; its timestamps have to be CLOCK_MONOTONIC, as the system's are.</param>
    /// <param name="loggerFactory">Where the agent logs.</param>
    /// <param name="cancellationToken">Cancels starting.</param>
    /// <exception cref="NodeAgentException">An option is wrong, or the socket cannot be made; the message says which.</exception>
    /// <exception cref="KernelException">The kernel refused.</exception>
    /// <exception cref="JournalUnavailableException">The local journal cannot be opened.</exception>
    public static Task<NodeAgent> StartAsync(
        NodeAgentOptions options, IStateStream stream, INodeReports reports, Func<IDatapath>? openDatapath,
        TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        options.Validate();
        return StartAsync(options, () => NodeAgentParts.OpenAsync(options, openDatapath), stream, reports, timeProvider, loggerFactory, cancellationToken);
    }

    /// <summary>The same as <see cref="AgentRoutes.Status"/> answers.</summary>
    public AgentStatus GetStatus() => _api.Status();

    /// <summary>The same as <see cref="AgentRoutes.Endpoints"/> answers.</summary>
    public IReadOnlyList<EndpointView> GetEndpoints() => _api.Views.Endpoints();

    /// <summary>Connections that the kernel evicted, as the collector estimates.</summary>
    internal long Evicted => _conntrack.Last.Evicted;

    /// <summary>As <see cref="EndpointService.SetAuditAsync"/>.</summary>
    internal Task<bool> SetAuditAsync(ushort endpoint, bool enabled) => _endpoints.SetAuditAsync(endpoint, enabled, CancellationToken.None);

    /// <summary>As <see cref="HealthService.ProbeAsync"/>.</summary>
    internal Task<HealthReport> ProbeHealthAsync() => _health.ProbeAsync(CancellationToken.None);

    /// <summary>A CNI call as the socket takes it; see <see cref="CniServer.HandleAsync"/>.</summary>
    internal Task<byte[]> CniAsync(string verb, CniCall call, CancellationToken cancellationToken) => _cni.HandleAsync(verb, call, cancellationToken);

    /// <summary>
    /// Removes what the node made: its endpoints with their interfaces, routes and addresses, its host device, its attachments and pins; gives kernel settings back.
    /// Dispose afterwards; the agent does nothing useful any more.
    /// </summary>
    public async Task RemoveEverythingAsync(CancellationToken cancellationToken)
    {
        await _periodic.DisposeAsync().ConfigureAwait(false);
        await _health.DisposeAsync().ConfigureAwait(false);
        await _health.RemoveAsync(cancellationToken).ConfigureAwait(false);
        foreach (var endpoint in _endpoints.Endpoints.ToArray())
        {
            await _endpoints.DeleteAsync(endpoint.ContainerId, endpoint.Interface.PodName, cancellationToken).ConfigureAwait(false);
        }

        await _routing.DisposeAsync().ConfigureAwait(false);
        foreach (var ifindex in _datapath.AttachedInterfaces(InterfaceRole.Device))
        {
            _datapath.Detach(ifindex, InterfaceRole.Device);
        }

        _parts.Network.SetRoutes([]);
        _parts.Network.DeleteTunnel();
        _parts.Network.DeleteHostDevice();
        if (_parts.Network.RestoreSettings(_settingsBefore))
        {
            await _store.CommitAsync([.. _settingsBefore.Keys.Select(path => new LocalChange(LocalStore.Kinds.Setting, path, null))]).ConfigureAwait(false);
            _parts.NoteSettings(new Dictionary<string, string>());
        }

        await StopAsync().ConfigureAwait(false);
        _datapath.Dispose();
        _datapathGone = true;
        _parts.RemovePins();
    }

    /// <summary>Stops the actors and the socket; kernel state stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            if (!_datapathGone)
            {
                _datapath.Dispose();
            }

            (_parts.Network as IDisposable)?.Dispose();
            await _parts.Journal.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal static async Task<NodeAgent> StartAsync(
        NodeAgentOptions options, Func<Task<NodeAgentParts>> open, IStateStream stream, INodeReports reports, TimeProvider timeProvider, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var parts = await open().ConfigureAwait(false);
        NodeAgent? agent = null;
        try
        {
            var contents = await LocalContents.ReadAsync(parts.Journal, cancellationToken).ConfigureAwait(false);
            agent = new NodeAgent(options, parts, contents, stream, reports, timeProvider, loggers);
            await agent.RunAsync(contents, timeProvider, loggers, cancellationToken).ConfigureAwait(false);
            return agent;
        }
        catch
        {
            if (agent is not null)
            {
                await agent.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                parts.Datapath.Dispose();
                (parts.Network as IDisposable)?.Dispose();
                await parts.Journal.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    private async Task RunAsync(LocalContents contents, TimeProvider timeProvider, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        _store.Start();

        // Before any id of the block is used: a later run must begin behind it.
        var block = new LocalChange(LocalStore.Kinds.PolicyIds, "next", new PolicyIdBlock { Next = contents.PolicyIdBlock + 1 });
        await _store.CommitAsync(block, ServiceActor.NextBlock(contents.ServiceIdBlock)).ConfigureAwait(false);
        System.Net.IPAddress[] routers = [.. _endpoints.Pools.Select(pool => pool.Router)];
        await RememberSettingsAsync(routers).ConfigureAwait(false);
        _parts.Network.EnsureHostDevice(routers);
        var adopted = await _endpoints.RestoreAsync(contents.Endpoints).ConfigureAwait(false);
        var host = await _endpoints.EnsureHostAsync(contents.Host).ConfigureAwait(false);
        _state.Restore(host is null ? adopted : [.. adopted, host], contents, _datapath, _parts.Network.LocalAddresses());
        _routing.Restore(_state.View.State);
        TakeOverDatapath();
        _endpoints.AttachAdopted();
        _routing.Begin();
        _state.Start();
        _services.Start();
        _stranded.Start();
        _routing.Start();
        _reporter.Start();
        _conntrack.Start();
        _flows.Start();
        _server = await AgentServer.StartAsync(_options.SocketPath, _api, _cni, loggers, cancellationToken).ConfigureAwait(false);
        await _health.EnsureAsync(cancellationToken).ConfigureAwait(false);
        _follower.Start(_state.View.State.Cursor);
        _periodic.Start(_options.CompareInterval, "compare", () => _state.Post(new StateMessage.CompareDue()));
        _periodic.Start(_options.CompareInterval, "compare services", () => _services.Post(new ServiceMessage.CompareDue()));
        _periodic.Start(_options.CompareInterval, "stranded sockets", () => _stranded.Post(default));
        _periodic.Start(_options.CompareInterval, "attachments", _endpoints.AttachMissingAsync);
        _periodic.Start(_options.IpMasqAgentConfig is null ? LookInterval : MasqueradeFileInterval, "own network", () => _routing.Post(new RoutingMessage.Look()));
        _periodic.Start(_options.ConntrackInterval, "map pressure", () => _pressure.Look());
        if (_options.EndpointHealthChecking)
        {
            _periodic.Start(HealthInterval, "health endpoint", _health.TendAsync);
            _periodic.Start(_options.HealthProbeInterval, "health probes", _health.ProbeAsync);
        }

        _periodic.Start(CompactInterval, "local journal", _ => _parts.Journal.CompactAsync(JournalRetention.Default with { TombstoneAge = TimeSpan.Zero }, _));
    }

    /// <summary>A version with other layouts is only let judge packets when everything it judges by is written.</summary>
    private void TakeOverDatapath()
    {
        if (_datapath.AwaitsContents && _state.MapStatus.Concat(_services.MapStatus).Concat(_routing.MapStatus).FirstOrDefault(map => map.Pending > 0 || map.Problem is not null) is { } unwritten)
        {
            throw new KernelException(
                $"map {unwritten.Name}: {unwritten.Pending} entries of this version's map are not written ({unwritten.Problem ?? "an earlier map refused"}); "
                + "the programs of the version before stay in force. Make room, or go back to that version");
        }

        _datapath.TakeOver();
    }

    /// <summary>Before they are changed, and only what no earlier run remembered: that one saw them untouched.</summary>
    private async Task RememberSettingsAsync(IReadOnlyList<System.Net.IPAddress> routers)
    {
        var changes = new List<LocalChange>();
        foreach (var (path, value) in _parts.Network.SettingsToChange(routers).Where(setting => _settingsBefore.TryAdd(setting.Key, setting.Value)))
        {
            changes.Add(new LocalChange(LocalStore.Kinds.Setting, path, new KernelSetting { Value = value }));
        }

        await _store.CommitAsync(changes).ConfigureAwait(false);
        _parts.NoteSettings(_settingsBefore);
    }

    private async Task StopAsync()
    {
        // In the order of who tells whom: nobody is told by one that is gone. Flows first, for monitors keep the server busy.
        await _flows.DisposeAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _server, null) is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        await _periodic.DisposeAsync().ConfigureAwait(false);
        await _health.DisposeAsync().ConfigureAwait(false);
        await _follower.DisposeAsync().ConfigureAwait(false);
        await _conntrack.DisposeAsync().ConfigureAwait(false);
        await _routing.DisposeAsync().ConfigureAwait(false);
        await _state.DisposeAsync().ConfigureAwait(false);
        await _stranded.DisposeAsync().ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
        await _reporter.DisposeAsync().ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    private NodeRegistration Registration() => new()
    {
        Name = _options.NodeName,
        Addresses = { _parts.Network.LocalAddresses().Select(address => address.ToString()) },
        PodCidrs = { _endpoints.Pools.Select(pool => pool.Network.ToString()) },
        Labels = { _options.Labels.ToDictionary() },
        NodeIpv4 = _routing.View.Uplinks.IPv4?.ToString() ?? "",
        NodeIpv6 = _routing.View.Uplinks.IPv6?.ToString() ?? "",
        TunnelPort = _options.Routing == RoutingMode.Vxlan ? _options.TunnelPort : 0u,
        HealthIpv4 = HealthAddress(System.Net.Sockets.AddressFamily.InterNetwork),
        HealthIpv6 = HealthAddress(System.Net.Sockets.AddressFamily.InterNetworkV6),
    };

    /// <summary>The node has other addresses than before, and everybody has to know.</summary>
    private void Moved(RoutingView view)
    {
        _state.Post(new StateMessage.LocalAddresses(view.LocalAddresses));
        _state.Post(new StateMessage.Underlay(view.Uplinks.IPv4, view.Uplinks.IPv6));
        _follower.RegisterAgain();
    }

    private string HealthAddress(System.Net.Sockets.AddressFamily family) =>
        _health.Addresses.FirstOrDefault(address => address.AddressFamily == family)?.ToString() ?? "";

    private void OnConnected()
    {
        _reporter.Post(new NodeReporter.Statement.Reconnected());
        _endpoints.ReportAll();
    }

    private IReadOnlyList<string> Problems()
    {
        var actors = new[] { _store.Status, _state.Status, _services.Status, _stranded.Status, _routing.Status, _reporter.Status, _conntrack.Status };
        return
        [
            .. actors.Where(actor => actor.Failure is not null).Select(actor => $"{actor.Name}: {actor.Failure}"),
            .. _state.View.Problems,
            .. _services.Problems,
            .. _stranded.Problems,
            .. _routing.View.Problems,
            .. _parts.Problems,
            .. _periodic.Problems,
            .. _pressure.Look(),
            .. _health.Problems,
            .. _follower.Problem is { } problem ? [$"control plane: {problem}"] : Array.Empty<string>(),
        ];
    }

    /// <summary>Why ADD would fail: the control plane is not among the reasons, pods start without it.</summary>
    private IReadOnlyList<string> NotReady()
    {
        var actors = new[] { _store.Status, _state.Status };
        return
        [
            .. actors.Where(actor => actor.Failure is not null).Select(actor => $"{actor.Name}: {actor.Failure}"),
            .. _state.MapStatus.Select(map => map.Problem).OfType<string>(),
        ];
    }
}
