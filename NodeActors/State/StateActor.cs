using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Actors;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.Identities;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Policies;
using Axoneme.Policy;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.State;

/// <summary>
/// The one owner of what this node should enforce: takes in the control plane's commits and the node's own endpoints, works out what
/// the kernel maps should hold, and writes them in an order in which no packet meets half a change.
/// </summary>
internal sealed partial class StateActor : NodeActor<StateMessage>
{
    private readonly string _node;
    private readonly NodeAgentOptions _options;
    private readonly LocalStore _store;
    private readonly KernelMaps _maps;
    private readonly PolicyProgrammer _programmer;
    private readonly IntervalStore _intervals;
    private readonly PrefixIdentities _prefixes;
    private readonly Action<AppliedRevision> _acknowledge;
    private readonly Action _startOver;
    private readonly ITimer _retry;
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
    private readonly HashSet<IPAddress> _dirtyAddresses = [];
    private readonly HashSet<uint> _cameOrWent = [];
    private readonly List<StateMessage.PodAwaited> _awaitedPods = [];
    private NodeState _state = NodeState.Empty;
    private ImmutableDictionary<ushort, EndpointStatus> _endpoints = ImmutableDictionary<ushort, EndpointStatus>.Empty;
    private ImmutableDictionary<IPAddress, ushort> _endpointOfAddress = ImmutableDictionary<IPAddress, ushort>.Empty;
    private ImmutableHashSet<IPAddress> _localAddresses = [];
    private IReadOnlyDictionary<ushort, string> _misfits = new Dictionary<ushort, string>();
    private bool _policyDirty;
    private bool _compared;
    private bool _compareDue;
    private string? _compareProblem;
    private string? _lostCommit;
    private ulong _applied;
    private ulong _appliedEpoch;
    private volatile NodeView _view = NodeView.Empty;

    public StateActor(
        NodeAgentOptions options, IDatapath datapath, LocalStore store, LocalContents contents, Action<AppliedRevision> acknowledge, Action startOver,
        TimeProvider timeProvider, ILogger<StateActor> logger)
        : base("state", timeProvider, logger)
    {
        (_node, _options) = (options.NodeName, options);
        _store = store;
        (_acknowledge, _startOver) = (acknowledge, startOver);
        Policies = new PolicyModel(options.ClusterName, timeProvider, new ControlTraffic
        {
            TunnelPort = options.Routing == RoutingMode.Vxlan ? options.TunnelPort : null,
            ControlPlanePort = (ushort?)options.ControlPlaneAddress?.Port,
        });
        _maps = new KernelMaps(datapath, logger);
        _prefixes = new PrefixIdentities(store, contents.Prefixes);
        _nodes = new RemoteNodeIdentities(store, contents.RemoteNodes);
        _intervals = new IntervalStore(_maps.PolicyRanges, timeProvider);
        var kernel = KernelPolicies.Read(datapath);
        _programmer = new PolicyProgrammer(_maps.Policy, _intervals, new PolicyIds(contents.PolicyIdBlock, kernel.Policies.ContainsKey));
        _programmer.Adopt(kernel);
        _retry = timeProvider.CreateTimer(_ => Post(new StateMessage.ContinueDue()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Everything known, for any thread.</summary>
    public NodeView View => _view;

    public PolicyModel Policies { get; }

    public IEnumerable<Maps.MapStatus> MapStatus => _maps.Status;

    /// <summary>
    /// Before <see cref="NodeActor{T}.Start"/>: takes over the endpoints of an earlier run as the kernel holds them, then brings the maps
    /// to the cached state. Without a cache they keep what was in force until a snapshot comes.
    /// </summary>
    public void Restore(IEnumerable<Endpoint> adopted, LocalContents contents, IDatapath datapath, IEnumerable<IPAddress> localAddresses)
    {
        var kernel = datapath.Endpoints.Entries().ToDictionary();
        SetLocalAddresses(localAddresses);
        foreach (var (prefix, number) in contents.Prefixes)
        {
            Policies.SetLocal(number, Policies.LabelsOf(prefix, servesApi: false));
        }

        foreach (var endpoint in adopted)
        {
            var status = new EndpointStatus(endpoint);
            if (kernel.TryGetValue(endpoint.Ifindex, out var entry) && entry.Id == endpoint.Id)
            {
                var labels = contents.State?.Records.FirstOrDefault(r => r.Kind == RecordKind.Identity && r.Identity?.Number == entry.Identity)?.Identity.Labels;
                status = status with { Entry = entry, IsWritten = true, Identity = entry.Identity };
                status = labels is null ? status : status.IdentifiedBy(entry.Identity, labels);
                _maps.Endpoints.Adopt(endpoint.Ifindex, entry);
            }

            Hold(endpoint.IsHost ? AsHost(status) : status);
        }

        DropFormerHost(kernel);
        _programmer.KeepOnly(_endpoints.Keys.ToHashSet());
        if (contents.State is { } cached)
        {
            Take(cached, cache: false);
        }

        RestoreServices();
        Pass();
    }

    /// <summary>Tells the actor and returns when the kernel holds what follows from it.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public Task AddEndpointAsync(Endpoint endpoint) => TellAsync(done => new StateMessage.EndpointAdded(endpoint, done));

    public Task RemoveEndpointAsync(ushort id) => TellAsync(done => new StateMessage.EndpointRemoved(id, done));

    /// <summary>Completes when the pod has a record.</summary>
    public Task AwaitPodAsync(string ns, string pod, string podUid) => HasRecord(_view.State, ns, pod, podUid)
        ? Task.CompletedTask
        : TellAsync(done => new StateMessage.PodAwaited(ns, pod, podUid, done));

    public override async ValueTask DisposeAsync()
    {
        await _retry.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        _awaitedPods.ForEach(waiter => waiter.Abandon());
    }

    protected override void Abandon(StateMessage message) => message.Abandon();

    protected override ValueTask HandleAsync(IReadOnlyList<StateMessage> batch, CancellationToken cancellationToken)
    {
        // First, for the follower is past them: no failure of another message may lose them.
        foreach (var received in batch.OfType<StateMessage.CommitReceived>())
        {
            Take(received.Commit, cache: true);
        }

        foreach (var message in batch)
        {
            switch (message)
            {
                case StateMessage.EndpointAdded added:
                    Hold(new EndpointStatus(added.Endpoint));
                    break;
                case StateMessage.EndpointConfigured configured:
                    Configure(configured.Endpoint);
                    break;
                case StateMessage.EndpointRemoved removed:
                    Drop(removed.Id);
                    break;
                case StateMessage.PodAwaited awaited:
                    _awaitedPods.Add(awaited);
                    break;
                case StateMessage.LocalAddresses local:
                    SetLocalAddresses(local.Addresses);
                    break;
                case StateMessage.Underlay underlay:
                    SetUnderlay(underlay.IPv4, underlay.IPv6);
                    break;
                case StateMessage.ServicesWritten written:
                    NoteServices(written.Ticket);
                    break;
                case StateMessage.CompareDue:
                    _compareDue = true;
                    break;
            }
        }

        try
        {
            Pass();
        }
        catch
        {
            _retry.Change(_backOff.Next(), Timeout.InfiniteTimeSpan);
            throw;
        }

        foreach (var message in batch)
        {
            Answer(message);
        }

        return ValueTask.CompletedTask;
    }

    private Task TellAsync(Func<TaskCompletionSource, StateMessage> message)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = message(done);
        if (!Post(told))
        {
            told.Abandon();
        }

        return done.Task;
    }

    private void Hold(EndpointStatus held)
    {
        var status = held.Endpoint.IsHealth ? AsHealth(held) : held;
        _endpoints = _endpoints.SetItem(status.Endpoint.Id, status);
        foreach (var address in status.Endpoint.Interface.Addresses)
        {
            _endpointOfAddress = _endpointOfAddress.SetItem(address, status.Endpoint.Id);
            _dirtyAddresses.Add(address);
        }

        _policyDirty = true;
        TellServicesOf(status.Endpoint);
    }

    private void Drop(ushort id)
    {
        if (!_endpoints.TryGetValue(id, out var status))
        {
            return;
        }

        _endpoints = _endpoints.Remove(id);
        _maps.Endpoints.Remove(status.Endpoint.Ifindex);
        foreach (var address in status.Endpoint.Interface.Addresses.Where(a => _endpointOfAddress.GetValueOrDefault(a) == id))
        {
            _endpointOfAddress = _endpointOfAddress.Remove(address);
            _dirtyAddresses.Add(address);
        }

        _policyDirty = true;
        TellServicesOf(status.Endpoint);
    }

    private void SetLocalAddresses(IEnumerable<IPAddress> addresses)
    {
        var now = addresses.ToImmutableHashSet();
        var changed = now.SymmetricExcept(_localAddresses);
        _dirtyAddresses.UnionWith(changed);
        _localAddresses = now;
        if (!changed.IsEmpty)
        {
            ForServices(changes => changes with { Addresses = _localAddresses });
        }

        // Whether somebody outside serves the Kubernetes API or this node.
        if (changed.Any(Policies.ApiServers.Contains))
        {
            (_nodesDirty, _policyDirty) = (true, true);
        }
    }

    /// <summary>Works out what the maps should hold and writes it.</summary>
    private void Pass()
    {
        TellServices();
        if (_policyDirty || _misfits.Count > 0)
        {
            ComputeEndpoints();
            _policyDirty = false;
        }

        foreach (var address in _dirtyAddresses)
        {
            if (HostEntry(address) is { } entry)
            {
                _maps.Hosts.Set(IpAddressKey.From(address), entry);
            }
            else
            {
                _maps.Hosts.Remove(IpAddressKey.From(address));
            }
        }

        _dirtyAddresses.Clear();
        Compare();
        var written = _maps.Flush(Retire);
        if (written)
        {
            Settle();
        }

        Publish(written);
        if (written && _misfits.Count == 0 && _compareProblem is null)
        {
            _backOff.Reset();
        }
        else
        {
            _retry.Change(_backOff.Next(), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Until the state is whole and compared, what pinned maps hold is not this run's to judge.</summary>
    private void Retire()
    {
        if (_compared)
        {
            _programmer.RetireUnused();
        }
    }

    /// <summary>Everything is written: lets go of what only the old entries needed.</summary>
    private void Settle()
    {
        _programmer.ReleaseIntervals();
        _tunnels?.Settle();
        uint[] gone = _state.IsComplete && _misfits.Count == 0 ? [.. _prefixes.Forget(), .. _nodes.Forget()] : [];
        foreach (var number in gone)
        {
            Policies.RemoveLocal(number);
        }

        if (gone.Length > 0)
        {
            _policyDirty = true;
            Post(new StateMessage.ContinueDue());
        }
    }

    private IpcacheEntry? HostEntry(IPAddress address)
    {
        if (_endpointOfAddress.TryGetValue(address, out var id))
        {
            return new IpcacheEntry { Identity = _endpoints[id].Identity, Ifindex = _endpoints[id].Endpoint.Ifindex };
        }

        var node = _state.NodeAddresses.GetValueOrDefault(address);
        if (_localAddresses.Contains(address) || node == _node)
        {
            return new IpcacheEntry { Identity = ReservedIdentity.Host };
        }

        if (_state.HealthAddresses.TryGetValue(address, out var healthNode) && healthNode != _node)
        {
            return new IpcacheEntry { Identity = ReservedIdentity.Health, Tunnel = TunnelTo(healthNode) };
        }

        // Of its own pods the node knows better than the control plane: one that is not here is gone.
        return _state.Ips.GetValueOrDefault(address) is { Identity: not 0 } ip && ip.Node != _node
            ? new IpcacheEntry { Identity = ip.Identity, Tunnel = TunnelTo(ip.Node) }
            : node is not null ? new IpcacheEntry { Identity = NodeIdentity(node, address), Tunnel = TunnelTo(node) } : null;
    }

    private void Publish(bool written)
    {
        AppliedRevision? reached = null;
        if (written)
        {
            var unwritten = _endpoints.Where(pair => !pair.Value.IsWritten).Select(pair => KeyValuePair.Create(pair.Key, pair.Value with { IsWritten = true }));
            _endpoints = _endpoints.SetItems(unwritten.ToArray());
            reached = _misfits.Count == 0 && _compared && _lostCommit is null ? Reach() : null;
        }

        _view = new NodeView
        {
            State = _state,
            Endpoints = _endpoints,
            EndpointOfAddress = _endpointOfAddress,
            LocalLabels = Policies.LocalLabels,
            LocalAddresses = _localAddresses,
            AppliedRevision = _applied,
            Problems =
            [
                .. new[] { _lostCommit, _compareProblem, _hostPoliciesIdle }.OfType<string>(),
                .. Policies.Problems.Values,
                .. _maps.Status.Select(m => m.Problem).OfType<string>(),
                .. _tunnels?.Problems ?? [],
                .. _misfits.Select(m => $"endpoint {m.Key}: {m.Value}"),
                .. _endpoints.Values.Where(status => status.LabelProblem is not null).Select(status => $"endpoint {status.Endpoint.Id}: {status.LabelProblem}"),
            ],
        };
        if (reached is not null)
        {
            _acknowledge(reached); // who hears of it and looks must not see the view before
        }

        TellOfNodes();
        foreach (var waiter in _awaitedPods.Where(w => HasRecord(_state, w.Namespace, w.Pod, w.PodUid)).ToArray())
        {
            _awaitedPods.Remove(waiter);
            waiter.Done.TrySetResult();
        }

        _awaitedPods.RemoveAll(waiter => waiter.Done.Task.IsCompleted);
    }

    /// <summary>What is to be acknowledged; null when it was.</summary>
    private AppliedRevision? Reach()
    {
        if (Applicable is not (var epoch, var revision) || (_applied == revision && _appliedEpoch == epoch))
        {
            return null;
        }

        (_appliedEpoch, _applied) = (epoch, revision);
        return new AppliedRevision { Node = _node, Epoch = _appliedEpoch, Revision = _applied };
    }

    private static bool HasRecord(NodeState state, string ns, string pod, string podUid) => state.Pod(ns, pod) is { } record && IsSamePod(record, podUid);

    /// <summary>A pod made anew under its old name is another pod.</summary>
    private static bool IsSamePod(PodRecord record, string podUid) => record.Uid.Length == 0 || podUid.Length == 0 || record.Uid == podUid;

    private static uint ToKernel(IPAddress? ipv4) => ipv4 is null ? 0 : MemoryMarshal.Read<uint>(ipv4.GetAddressBytes());
}
