using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Addresses;
using Axoneme.NodeActors.Cni;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Network;
using Axoneme.NodeActors.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Endpoints;

/// <summary>
/// The life of this node's endpoints: made, adopted, checked and removed. Calls about one container wait for each other, others run
/// side by side. An endpoint is journaled before anything of it exists, so that whatever is interrupted can be finished or undone.
/// </summary>
internal sealed partial class EndpointService(
    NodeAgentOptions options, IDatapath datapath, INodeNetwork network, IReadOnlyList<AddressPool> pools, StateActor state, LocalStore store,
    Action<Endpoint> report, TimeProvider timeProvider, ILogger<EndpointService> logger, Func<int> podMtu)
{
    private readonly ConcurrentDictionary<(string ContainerId, string IfName), Endpoint> _endpoints = new();
    private readonly ConcurrentDictionary<Endpoint, bool> _unreported = new();
    private readonly KeyedLocks<string> _locks = new();
    private readonly EndpointIds _ids = new();
    private long _attachmentDrift;

    /// <summary>Endpoints that exist or are being made.</summary>
    public ICollection<Endpoint> Endpoints => _endpoints.Values;

    public IReadOnlyList<AddressPool> Pools => pools;

    /// <summary>How often somebody else had detached the programs of an endpoint and they were attached again.</summary>
    public long AttachmentDrift => Volatile.Read(ref _attachmentDrift);

    /// <summary>
    /// At start: finds which journaled endpoints still have their interface. Nothing of those is touched; the others' leftovers are
    /// removed. Returns the adopted ones, with their ifindex.
    /// </summary>
    public async Task<IReadOnlyList<Endpoint>> RestoreAsync(IEnumerable<LocalEndpoint> journaled)
    {
        var adopted = new List<Endpoint>();
        var changes = new List<LocalChange>();
        foreach (var endpoint in journaled.Select(Endpoint.FromRecord).OrderBy(e => e.Id))
        {
            if (endpoint.IsRemoved)
            {
                _unreported[endpoint] = true;
            }
            else if (network.Find(endpoint.Interface) is { } ifindex && Reserve(endpoint))
            {
                var live = endpoint with { Ifindex = ifindex };
                _endpoints[live.Attachment] = live;
                adopted.Add(live);
            }
            else
            {
                Log.NotAdopted(logger, endpoint.Name, endpoint.Interface.HostName);
                network.Delete(endpoint.Interface.HostName);
                var removed = endpoint with { IsRemoved = true };
                _unreported[removed] = true;
                changes.Add(new LocalChange(LocalStore.Kinds.Endpoint, removed.JournalKey, removed.ToRecord()));
            }
        }

        await store.CommitAsync(changes).ConfigureAwait(false);
        return adopted;
    }

    /// <summary>After the maps were restored: programs that a crash kept from being attached are attached now.</summary>
    public void AttachAdopted()
    {
        var attached = datapath.AttachedInterfaces().ToHashSet();
        foreach (var endpoint in _endpoints.Values.Where(e => !attached.Contains(e.Ifindex)))
        {
            datapath.Attach(endpoint.Ifindex);
        }
    }

    /// <summary>Attaches programs again that somebody else detached: until then nobody judges the pod's packets.</summary>
    /// <exception cref="KernelException">The kernel refused one; the others were attached.</exception>
    public async Task AttachMissingAsync(CancellationToken cancellationToken)
    {
        KernelException? refused = null;
        foreach (var endpoint in Unattached())
        {
            using var held = await _locks.HoldAsync(endpoint.ContainerId, cancellationToken).ConfigureAwait(false);

            // While this waited, a DEL or an ADD may have changed it. An interface that is gone needs no programs.
            if (!Unattached().Contains(endpoint) || network.Find(endpoint.Interface) != endpoint.Ifindex)
            {
                continue;
            }

            try
            {
                datapath.Attach(endpoint.Ifindex);
                Interlocked.Increment(ref _attachmentDrift);
                Log.AttachedAgain(logger, endpoint.Name, endpoint.Interface.HostName);
            }
            catch (KernelException exception)
            {
                refused = new KernelException($"endpoint {endpoint.Name}: its programs were detached from {endpoint.Interface.HostName}; {exception.Message}", exception.ErrorNumber, exception);
            }
        }

        if (refused is not null)
        {
            throw refused;
        }
    }

    /// <summary>Tells the control plane of everything again, removals it has not taken included.</summary>
    public void ReportAll()
    {
        foreach (var endpoint in _unreported.Keys.Concat(_endpoints.Values.Where(e => e.IsReady)))
        {
            Report(endpoint);
        }
    }

    /// <summary>The control plane took a report; a removed endpoint has nothing more to say.</summary>
    public void Reported(Endpoint endpoint)
    {
        if (endpoint.IsRemoved && _unreported.TryRemove(endpoint, out _))
        {
            store.Enqueue(new LocalChange(LocalStore.Kinds.Endpoint, endpoint.JournalKey, null));
        }
    }

    /// <summary>Makes an endpoint, or returns the one that is there and whole.</summary>
    /// <exception cref="CniException">It cannot be made; nothing of it is left except what a repetition will find and finish.</exception>
    public async Task<Endpoint> AddAsync(CniRequest request, CancellationToken cancellationToken)
    {
        using var held = await _locks.HoldAsync(request.ContainerId, cancellationToken).ConfigureAwait(false);
        if (_endpoints.TryGetValue((request.ContainerId, request.IfName), out var old))
        {
            if (old.IsReady && Differences(old).Count == 0)
            {
                return old;
            }

            await RemoveAsync(old).ConfigureAwait(false);
        }

        var endpoint = Allocate(request);
        _endpoints[endpoint.Attachment] = endpoint;
        try
        {
            return await MakeAsync(endpoint, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.NotMade(logger, endpoint.Name, exception);
            await UndoAsync(endpoint).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Removes an endpoint; no effect when there is none.</summary>
    public async Task DeleteAsync(string containerId, string ifName, CancellationToken cancellationToken)
    {
        using var held = await _locks.HoldAsync(containerId, cancellationToken).ConfigureAwait(false);
        if (_endpoints.TryGetValue((containerId, ifName), out var endpoint))
        {
            await RemoveAsync(endpoint).ConfigureAwait(false);
        }
    }

    /// <summary>What of an endpoint is not as it should be, in words; null when there is no such endpoint.</summary>
    public IReadOnlyList<string>? Check(string containerId, string ifName) =>
        _endpoints.TryGetValue((containerId, ifName), out var endpoint) ? Differences(endpoint) : null;

    private Endpoint[] Unattached()
    {
        var attached = datapath.AttachedInterfaces().ToHashSet();
        return [.. _endpoints.Values.Where(e => e.IsReady && !attached.Contains(e.Ifindex))];
    }

    private IReadOnlyList<string> Differences(Endpoint endpoint)
    {
        var differences = network.Differences(endpoint.Interface).ToList();
        if (network.Find(endpoint.Interface) is { } ifindex && ifindex != endpoint.Ifindex)
        {
            differences.Add($"interface {endpoint.Interface.HostName} has ifindex {ifindex}, not {endpoint.Ifindex}: it was made anew");
        }

        if (!datapath.AttachedInterfaces().Contains(endpoint.Ifindex))
        {
            differences.Add($"the datapath programs are not attached to {endpoint.Interface.HostName}");
        }

        if (!datapath.Endpoints.TryGet(endpoint.Ifindex, out var entry))
        {
            differences.Add($"map endpoints has no entry for ifindex {endpoint.Ifindex}");
        }
        else if (entry.Id != endpoint.Id || entry.Mac != endpoint.Interface.Mac)
        {
            differences.Add($"map endpoints: the entry for ifindex {endpoint.Ifindex} is not this endpoint's");
        }

        foreach (var address in endpoint.Interface.Addresses)
        {
            if (!datapath.Hosts.TryGet(IpAddressKey.From(address), out var host) || host.Ifindex != endpoint.Ifindex)
            {
                differences.Add($"map hosts: {address} does not lead to ifindex {endpoint.Ifindex}");
            }
        }

        return differences;
    }

    private Endpoint Allocate(CniRequest request)
    {
        var taken = new List<(AddressPool Pool, IPAddress Address)>();
        ushort id = 0;
        try
        {
            id = _ids.Allocate();
            foreach (var pool in pools)
            {
                taken.Add((pool, pool.Allocate()));
            }
        }
        catch (Exception exception) when (exception is AddressPoolExhaustedException or NodeAgentException)
        {
            taken.ForEach(t => t.Pool.Release(t.Address));
            _ids.Release(id);
            throw new CniException(CniCodes.Exhausted, exception.Message, "DEL of pods that ended makes room", exception);
        }

        var addresses = taken.Select(t => t.Address).ToArray();
        return new Endpoint
        {
            Id = id,
            ContainerId = request.ContainerId,
            Namespace = request.Namespace,
            Pod = request.Pod,
            PodUid = request.PodUid,
            Interface = new PodInterface(
                HostName(request.ContainerId, request.IfName), request.IfName, request.Netns, RandomMac(), RandomMac(),
                addresses.FirstOrDefault(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork),
                addresses.FirstOrDefault(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6),
                request.Config.Mtu ?? podMtu()),
        };
    }

    private async Task<Endpoint> MakeAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        var journaled = store.CommitAsync(new LocalChange(LocalStore.Kinds.Endpoint, endpoint.JournalKey, endpoint.ToRecord()));
        await AwaitPodRecordAsync(endpoint, cancellationToken).ConfigureAwait(false);
        await journaled.ConfigureAwait(false);
        endpoint = endpoint with { Ifindex = network.Create(endpoint.Interface) };
        _endpoints[endpoint.Attachment] = endpoint;

        // Verdicts, then the programs, then addresses: there is no moment in which the pod could send past them.
        await state.AddEndpointAsync(endpoint).ConfigureAwait(false);
        datapath.Attach(endpoint.Ifindex);
        network.Configure(endpoint.Interface, endpoint.Ifindex);
        endpoint = endpoint with { IsReady = true };
        _endpoints[endpoint.Attachment] = endpoint;
        Report(endpoint);
        return endpoint;
    }

    private async Task AwaitPodRecordAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        if (endpoint.Pod.Length == 0)
        {
            return;
        }

        try
        {
            await state.AwaitPodAsync(endpoint.Namespace, endpoint.Pod, endpoint.PodUid)
                .WaitAsync(options.PodRecordWait, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.PodUnknown(logger, endpoint.Name);
        }
    }

    /// <summary>Takes an endpoint away and gives its addresses back, once nothing of it is left that could use them.</summary>
    private async Task RemoveAsync(Endpoint endpoint)
    {
        // The interface goes before its programs: a pod that still runs never sends a packet that nobody judges.
        network.Delete(endpoint.Interface.HostName);
        if (endpoint.Ifindex != 0)
        {
            datapath.Detach(endpoint.Ifindex);
        }

        await state.RemoveEndpointAsync(endpoint.Id).ConfigureAwait(false);
        var removed = endpoint with { IsRemoved = true };
        await store.CommitAsync(new LocalChange(LocalStore.Kinds.Endpoint, removed.JournalKey, removed.ToRecord())).ConfigureAwait(false);
        _endpoints.TryRemove(endpoint.Attachment, out _);
        Release(endpoint);
        _unreported[removed] = true;
        Report(removed);
    }

    private async Task UndoAsync(Endpoint endpoint)
    {
        try
        {
            await RemoveAsync(_endpoints[endpoint.Attachment]).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It keeps its addresses and its place in the journal: a DEL, a repeated ADD or a restart takes up from here.
            Log.NotUndone(logger, endpoint.Name, exception);
        }
    }

    /// <summary>A container whose runtime named no pod is nothing the control plane could know of.</summary>
    private void Report(Endpoint endpoint)
    {
        if (endpoint.Pod.Length > 0)
        {
            report(endpoint);
        }
        else
        {
            Reported(endpoint);
        }
    }

    private bool Reserve(Endpoint endpoint)
    {
        var reserved = new List<(AddressPool, IPAddress)>();
        foreach (var address in endpoint.Interface.Addresses)
        {
            // An address of a former block is in nobody's pool and in nobody's way.
            var pool = pools.FirstOrDefault(p => p.Network.Contains(address));
            if (pool is not null && !pool.Reserve(address))
            {
                reserved.ForEach(r => r.Item1.Release(r.Item2));
                return false;
            }

            if (pool is not null)
            {
                reserved.Add((pool, address));
            }
        }

        return _ids.Reserve(endpoint.Id);
    }

    private void Release(Endpoint endpoint)
    {
        foreach (var address in endpoint.Interface.Addresses)
        {
            foreach (var pool in pools)
            {
                pool.Release(address);
            }
        }

        _ids.Release(endpoint.Id);
    }

    /// <summary>The same for the same attachment, and at most the 15 bytes the kernel allows.</summary>
    internal static string HostName(string containerId, string ifName) =>
        $"lxc{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{containerId}/{ifName}")))[..12]}";

    private static MacAddress RandomMac()
    {
        Span<byte> bytes = stackalloc byte[6];
        RandomNumberGenerator.Fill(bytes);
        bytes[0] = (byte)(bytes[0] & 0xFC | 0x02); // unicast, locally administered
        return MacAddress.From(bytes);
    }

    private static partial class Log
    {
        [LoggerMessage(40, LogLevel.Warning, "Endpoint {Endpoint}: interface {Interface} is gone; its addresses are released", EventName = "EndpointNotAdopted")]
        public static partial void NotAdopted(ILogger logger, string endpoint, string @interface);

        [LoggerMessage(41, LogLevel.Warning, "Endpoint {Endpoint} could not be made", EventName = "EndpointNotMade")]
        public static partial void NotMade(ILogger logger, string endpoint, Exception exception);

        [LoggerMessage(42, LogLevel.Error, "Endpoint {Endpoint}: what was made of it could not be removed and keeps its addresses", EventName = "EndpointNotUndone")]
        public static partial void NotUndone(ILogger logger, string endpoint, Exception exception);

        [LoggerMessage(45, LogLevel.Information, "Endpoint {Endpoint}: audit mode is {Mode}", EventName = "AuditSet")]
        public static partial void AuditSet(ILogger logger, string endpoint, string mode);

        [LoggerMessage(44, LogLevel.Warning, "Endpoint {Endpoint}: the programs were detached from {Interface} by somebody else and are attached again", EventName = "AttachedAgain")]
        public static partial void AttachedAgain(ILogger logger, string endpoint, string @interface);

        [LoggerMessage(43, LogLevel.Warning, "Endpoint {Endpoint}: the control plane has not published its pod; it starts with identity init", EventName = "PodUnknown")]
        public static partial void PodUnknown(ILogger logger, string endpoint);
    }
}
