using System.Collections.Immutable;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Namespaces;
using Axoneme.ControlPlane.Entities.Policies;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.Kubernetes;
using Axoneme.Persistence;
using Axoneme.Policy;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>
/// Turns manifests into commands for entities: one command per object that differs from what is in force. What is in force is read from
/// the entities at start, so that a manifest found broken after a restart changes nothing.
/// </summary>
public sealed partial class ManifestSync
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly IEntityEngine _engine;
    private readonly string _clusterName;
    private readonly TimeProvider _time;
    private readonly ILogger<ManifestSync> _logger;
    private readonly Dictionary<EntityAddress, ManifestNamespace> _namespaces = [];
    private readonly Dictionary<EntityAddress, DesiredPod> _pods = [];
    private readonly Dictionary<EntityAddress, ManifestPolicy> _policies = [];
    private readonly Dictionary<EntityAddress, DesiredService> _services = [];
    private readonly Dictionary<EntityAddress, DesiredSlice> _slices = [];
    private bool _leased;
    private volatile ManifestStatus _status = ManifestStatus.None;

    private ManifestSync(IEntityEngine engine, string clusterName, TimeProvider time, ILogger<ManifestSync> logger)
    {
        _engine = engine;
        _clusterName = clusterName;
        _time = time;
        _logger = logger;
    }

    public ManifestStatus Status => _status;

    /// <summary>Tells a directory which of its files the objects in force came from.</summary>
    public void TellOwners(ManifestDirectory directory)
    {
        foreach (var (address, source) in _policies.Select(p => (p.Key, p.Value.Source)))
        {
            if (ManifestSource.FileOf(source) is { } file && address.Id.Split('/', 3) is [var kind, var ns, var name])
            {
                directory.Assume(kind, ns, name, file);
            }
        }

        foreach (var (address, source) in _pods.Select(p => (p.Key, p.Value.Source)))
        {
            if (ManifestSource.FileOf(source) is { } file && address.Id.Split('/', 2) is [var ns, var name])
            {
                directory.Assume("Pod", ns, name, file);
            }
        }

        foreach (var (address, ns) in _namespaces)
        {
            if (ManifestSource.FileOf(ns.Source) is { } file)
            {
                directory.Assume("Namespace", "", address.Id, file);
            }
        }
    }

    /// <summary>Reads what is in force.</summary>
    public static async Task<ManifestSync> LoadAsync(
        IEntityEngine engine, string clusterName, TimeProvider time, ILogger<ManifestSync> logger, CancellationToken cancellationToken)
    {
        var sync = new ManifestSync(engine, clusterName, time, logger);
        await sync.LoadAsync(cancellationToken).ConfigureAwait(false);
        return sync;
    }

    /// <summary>Applies every snapshot, and the last one again while changes of it could not be stored. Ends with the snapshots or by cancellation.</summary>
    public async Task RunAsync(IAsyncEnumerable<ManifestSnapshot> snapshots, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var source = snapshots.GetAsyncEnumerator(ending.Token);
        var next = source.MoveNextAsync().AsTask();
        try
        {
            while (await next.ConfigureAwait(false))
            {
                var current = source.Current;
                next = source.MoveNextAsync().AsTask();
                await ApplyAsync(current, cancellationToken).ConfigureAwait(false);
                while (_status.Waiting && !next.IsCompleted)
                {
                    await Task.WhenAny(next, Task.Delay(s_retry, _time, cancellationToken)).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                    await ApplyAsync(current, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            // An enumerator must not be disposed while it moves; its failure is the one thrown above, if it is one.
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Makes entities equal to a snapshot. Returns when everything that could be stored is.</summary>
    public async Task ApplyAsync(ManifestSnapshot snapshot, CancellationToken cancellationToken)
    {
        var reading = new ManifestReading(snapshot);
        var changes = new ManifestChanges(_engine);

        var leases = await ReserveAsync(reading, changes, cancellationToken).ConfigureAwait(false);
        foreach (var (address, ns) in reading.Namespaces.Where(n => !n.Value.SameAs(_namespaces.GetValueOrDefault(n.Key))))
        {
            changes.Ask(address, new ApplyNamespace(ns.Labels, ns.Source), ns.Source, () => _namespaces[address] = ns, cancellationToken);
        }
        foreach (var (address, policy) in reading.Policies.Where(p => !p.Value.SameAs(_policies.GetValueOrDefault(p.Key))))
        {
            changes.Ask(
                address, new ApplyPolicy(policy.Json, policy.Source, policy.ContentHash), policy.Source, () => _policies[address] = policy, cancellationToken);
        }
        foreach (var (address, slice) in reading.Slices.Where(s => !s.Value.Equals(_slices.GetValueOrDefault(s.Key))))
        {
            changes.Ask(address, new ApplySlice(slice), slice.Source, () => _slices[address] = slice, cancellationToken);
        }
        foreach (var (address, service) in WantedServices(reading, leases).Where(s => !s.Value.Equals(_services.GetValueOrDefault(s.Key))))
        {
            changes.Ask(address, new ApplyService(service), service.Source, () => _services[address] = service, cancellationToken);
        }
        await changes.FinishAsync().ConfigureAwait(false);  // a pod's policies stand before the pod does

        foreach (var (address, pod) in WantedPods(reading).Where(p => !p.Value.Equals(_pods.GetValueOrDefault(p.Key))))
        {
            changes.Ask(address, new ApplyPod(pod), pod.Source, () => _pods[address] = pod, cancellationToken);
        }
        await changes.FinishAsync().ConfigureAwait(false);

        foreach (var (address, pod) in _pods.Where(p => !reading.Pods.ContainsKey(p.Key) && !reading.Stays(p.Key, p.Value.Source)))
        {
            changes.Ask(address, new RemovePod(), pod.Source, () => _pods.Remove(address), cancellationToken);
        }
        await changes.FinishAsync().ConfigureAwait(false);  // and no longer than the pod

        foreach (var (address, policy) in _policies.Where(p => !reading.Policies.ContainsKey(p.Key) && !reading.Stays(p.Key, p.Value.Source)))
        {
            changes.Ask(address, new RemovePolicy(), policy.Source, () => _policies.Remove(address), cancellationToken);
        }
        foreach (var (address, slice) in _slices.Where(s => !reading.Slices.ContainsKey(s.Key) && !reading.Stays(s.Key, s.Value.Source)))
        {
            changes.Ask(address, new RemoveSlice(), slice.Source, () => _slices.Remove(address), cancellationToken);
        }
        foreach (var (address, ns) in _namespaces.Where(n => !reading.Namespaces.ContainsKey(n.Key) && !reading.Stays(n.Key, n.Value.Source)))
        {
            changes.Ask(address, new RemoveNamespace(), ns.Source, () => _namespaces.Remove(address), cancellationToken);
        }
        await changes.FinishAsync().ConfigureAwait(false);

        Report(new ManifestStatus(snapshot.Version, reading.Accepted, [.. reading.Errors, .. changes.Errors], reading.Warnings, changes.Waiting), changes.Stored);
    }

    /// <summary>
    /// Takes services that are gone out of force, which frees their addresses, and reserves what the others want; who does not get it is refused.
    /// Null when there is no answer: then services stay as they are.
    /// </summary>
    private async Task<IReadOnlyDictionary<string, ServiceLease>?> ReserveAsync(
        ManifestReading reading, ManifestChanges changes, CancellationToken cancellationToken)
    {
        foreach (var (address, service) in _services.Where(s => !reading.Services.ContainsKey(s.Key) && !reading.Stays(s.Key, s.Value.Source)))
        {
            changes.Ask(address, new RemoveService(), service.Source, () => _services.Remove(address), cancellationToken);
        }
        await changes.FinishAsync().ConfigureAwait(false);

        AddressRequest[] requests = [.. reading.Services.Values.Select(service => service.Request).OfType<AddressRequest>()];
        if (requests.Length == 0 && !_leased)
        {
            return ImmutableDictionary<string, ServiceLease>.Empty;
        }
        var kept = _services.Keys.Where(address => !reading.Services.ContainsKey(address)).Select(address => address.Id);
        var source = reading.Services.Values.FirstOrDefault()?.Source ?? "";
        var reserved = await changes.AskNowAsync(
            ServiceAddressesKind.Address, new ReserveAddresses([.. requests], [.. kept]), source, cancellationToken).ConfigureAwait(false);
        if (reserved is null)
        {
            return null;
        }
        _leased = reserved.Leases.Count > 0;
        foreach (var service in reading.Services.Values.ToArray())
        {
            if (reserved.Refusals.TryGetValue(service.Id, out var refusal))
            {
                reading.Refuse(service, refusal);
            }
        }
        return reserved.Leases;
    }

    private static IEnumerable<KeyValuePair<EntityAddress, DesiredService>> WantedServices(
        ManifestReading reading, IReadOnlyDictionary<string, ServiceLease>? leases) =>
        leases is null ? [] : reading.Services.Select(s => KeyValuePair.Create(s.Key, s.Value.With(leases.GetValueOrDefault(s.Value.Id))));

    /// <summary>Pods as their manifests and namespaces have them now, and those that stay in force, relabelled when their namespace changed.</summary>
    private Dictionary<EntityAddress, DesiredPod> WantedPods(ManifestReading reading)
    {
        var wanted = _pods.Where(p => !reading.Pods.ContainsKey(p.Key) && reading.Stays(p.Key, p.Value.Source))
            .ToDictionary(p => p.Key, p => WithIdentityLabels(p.Value.Clone(), reading));
        foreach (var (address, manifest) in reading.Pods)
        {
            var pod = manifest.Pod;
            var ports = pod.Ports.Where(port => port.Name is not null).Select(
                port => new Wire.State.NamedPort { Name = port.Name, Port = (uint)port.Port, Protocol = port.Protocol });
            var hostPorts = pod.Ports.Where(port => port.HostPort > 0).Select(
                port => new HostPort
                {
                    HostIp = port.HostIp, HostPort_ = (uint)port.HostPort, ContainerPort = (uint)port.Port, Protocol = port.Protocol,
                });
            wanted[address] = WithIdentityLabels(
                new DesiredPod
                {
                    Namespace = pod.Namespace,
                    Name = pod.Name,
                    Uid = pod.Uid,
                    NamedPorts = { ports },
                    HostPorts = { hostPorts },
                    Node = pod.NodeName,
                    Annotations = { pod.Annotations },
                    Source = manifest.Source,
                    PodLabels = { pod.Labels },
                    ServiceAccount = pod.ServiceAccountName,
                    HostNetwork = pod.HostNetwork,
                    NotReady = !pod.Ready,
                    Terminating = pod.Terminating,
                    Ended = pod.Ended,
                },
                reading);
        }
        return wanted;
    }

    private DesiredPod WithIdentityLabels(DesiredPod pod, ManifestReading reading)
    {
        var address = NamespaceKind.AddressOf(pod.Namespace);
        var known = _namespaces.GetValueOrDefault(address);
        var stays = known is not null && reading.Stays(address, known.Source);
        var ns = reading.Namespaces.GetValueOrDefault(address) ?? (stays ? known! : ManifestNamespace.Undefined(pod.Namespace));
        pod.Labels.Clear();
        pod.Labels.Add(PodLabels.IdentityLabels(pod.Namespace, pod.PodLabels, ns.Labels, pod.ServiceAccount, _clusterName).ToStrings());
        return pod;
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var (address, state) in await AskAllAsync(NamespaceKind.KindName, new GetNamespace(), cancellationToken).ConfigureAwait(false))
        {
            if (state.Applied is { } ns)
            {
                _namespaces[address] = new ManifestNamespace(ns.Labels, ns.Source);
            }
        }
        foreach (var (address, state) in await AskAllAsync(PolicyKind.KindName, new GetPolicy(), cancellationToken).ConfigureAwait(false))
        {
            if (state.Applied is { } policy)
            {
                _policies[address] = new ManifestPolicy(policy.Json, policy.Source, policy.ContentHash);
            }
        }
        foreach (var (address, state) in await AskAllAsync(ServiceKind.KindName, new GetService(), cancellationToken).ConfigureAwait(false))
        {
            if (state.Applied is { } service)
            {
                _services[address] = service;
            }
        }
        foreach (var (address, state) in await AskAllAsync(EndpointSliceKind.KindName, new GetSlice(), cancellationToken).ConfigureAwait(false))
        {
            if (state.Applied is { Source: not EndpointSliceKind.Derived } slice)
            {
                _slices[address] = slice;
            }
        }
        _leased = _engine.List(ServiceAddressesKind.KindName).Count > 0;
        foreach (var (address, state) in await AskAllAsync(EndpointKind.KindName, new GetEndpoint(), cancellationToken).ConfigureAwait(false))
        {
            if (state.Desired is { } pod)
            {
                _pods[address] = pod;
            }
        }
    }

    private async Task<List<(EntityAddress Address, TReply State)>> AskAllAsync<TReply>(
        string kind, ICommand<TReply> query, CancellationToken cancellationToken)
        where TReply : class
    {
        var asked = _engine.List(kind).Select(address => (address, Reply: _engine.AskAsync(address, query, cancellationToken))).ToArray();
        var states = new List<(EntityAddress, TReply)>(asked.Length);
        foreach (var (address, reply) in asked)
        {
            try
            {
                states.Add((address, await reply.ConfigureAwait(false)));
            }
            catch (EntityFailedException failure)
            {
                Log.EntityUnreadable(_logger, failure, address);
            }
        }
        return states;
    }

    private void Report(ManifestStatus status, int stored)
    {
        foreach (var error in status.Errors.Except(_status.Errors))
        {
            Log.ManifestError(_logger, error.ToString());
        }
        foreach (var warning in status.Warnings.Except(_status.Warnings))
        {
            Log.ManifestWarning(_logger, warning.ToString());
        }
        if (stored > 0)
        {
            Log.Applied(_logger, status.Version, stored, status.Errors.Count);
        }
        _status = status;
    }

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Warning, "manifest {Error}")]
        public static partial void ManifestError(ILogger logger, string error);

        [LoggerMessage(21, LogLevel.Information, "manifests version {Version}: {Changes} changes stored, {Errors} errors")]
        public static partial void Applied(ILogger logger, long version, int changes, int errors);

        [LoggerMessage(23, LogLevel.Warning, "manifest {Warning}")]
        public static partial void ManifestWarning(ILogger logger, string warning);

        [LoggerMessage(22, LogLevel.Error, "{Entity} cannot be read and is left as it is")]
        public static partial void EntityUnreadable(ILogger logger, Exception failure, EntityAddress entity);
    }
}
