using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Services;

/// <summary>
/// Makes the kernel's maps of services what the plans say. A changed list of backends is a pool under a fresh id; frontends are pointed to it when it is whole, one
/// update each, and what only the old one needed goes after a grace period. Everything equal keeps its id, over restarts, too. A plan that does not fit
/// changes nothing of its owner. Not safe for several threads.
/// </summary>
internal sealed partial class ServiceProgrammer
{
    /// <summary>A program runs for microseconds; a second is long past every reader.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private readonly ServiceOptions _options;
    private readonly TimeProvider _time;
    private readonly ServiceIds _ids;
    private readonly PoolStore _pools;
    private readonly MapReconciler<ServiceKey, ServiceEntry> _services;
    private readonly MapReconciler<uint, ServiceKey> _frontendKeys;
    private readonly MapReconciler<uint, BackendEntry> _backends;
    private readonly MapReconciler<SourceRangeKey, uint> _ranges;
    private readonly Dictionary<uint, InstalledGroup> _groups = [];
    private readonly Dictionary<GroupKey, InstalledGroup> _groupOf = [];
    private readonly Dictionary<ServiceOwner, List<InstalledGroup>> _groupsOf = [];
    private readonly Dictionary<ServiceKey, InstalledFrontend> _inForce = [];
    private readonly Dictionary<ServiceKey, FrontendId> _frontendIds = [];
    private readonly Dictionary<ServiceOwner, (ServicePlan Plan, string Problem, bool MayFit)> _refused = [];
    private readonly List<(Leaver Leaver, object Leave)> _left = [];
    private bool _isWritten;
    private bool _mayStrand = true; // an earlier run may have died before it said so
    private readonly Queue<(long Since, Leaver Leaver, object Leave)> _leaving = [];

    public ServiceProgrammer(ServiceMaps maps, ServiceIds ids, ServiceOptions options, TimeProvider time, ILogger logger)
    {
        (_ids, _options, _time) = (ids, options, time);
        _pools = new PoolStore(maps.Pools, maps.Maglev, options.MaglevSeed, logger);
        _services = new(maps.Services, logger);
        _frontendKeys = new(maps.Frontends, logger);
        _backends = new(maps.Backends, logger);
        _ranges = new(maps.SourceRanges, logger);
    }

    /// <summary>Owners whose newest plan is not in the kernel although it may fit later.</summary>
    public bool HasRefused => _refused.Values.Any(refused => refused.MayFit);

    /// <summary>Whether something waits to go.</summary>
    public bool HasLeaving => _leaving.Count > 0;

    public int FrontendCount => _inForce.Count;

    public IEnumerable<MapStatus> Status => [_services.Status, _frontendKeys.Status, _backends.Status, .. _pools.Status, _ranges.Status];

    public IEnumerable<InstalledFrontend> InForce => _inForce.Values;

    public IEnumerable<string> Problems =>
    [
        .. _refused.OrderBy(pair => pair.Key).Select(pair => pair.Value.Problem),
        .. Status.Where(map => map.Problem is not null).Select(map => MapSizing.OptionOf(map.Name) is { } option ? $"{map.Problem}; {option} makes it larger" : map.Problem!),
    ];

    /// <summary>
    /// How a socket stands that asked a service and got a backend. As long as not everything is written nobody can get another one, so all stay. A port of
    /// every node is asked under addresses that are no frontends.
    /// </summary>
    public PeerStanding StandingOf(ServiceKey asked, BackendAddress backend)
    {
        var ofEveryNode = asked with { Address = asked.Address.IsIPv4 ? IpAddressKey.FromIPv4(0) : default };
        if (!_isWritten)
        {
            return PeerStanding.Stays;
        }

        if ((_inForce.GetValueOrDefault(asked) ?? _inForce.GetValueOrDefault(ofEveryNode)) is not { } frontend)
        {
            return _frontendIds.ContainsKey(asked) || _frontendIds.ContainsKey(ofEveryNode) ? PeerStanding.Leaves : PeerStanding.Gone;
        }

        return frontend.Group.Backends.TryGetValue(backend, out var installed)
            ? installed.Leave is null ? PeerStanding.Stays : PeerStanding.Leaves
            : PeerStanding.Gone;
    }

    /// <summary>Whether UDP sockets may have lost their backend since the last call; once when the kernel has it, and once when nothing remembers the backend.</summary>
    public bool TakeStranding()
    {
        var may = _mayStrand && _isWritten;
        _mayStrand &= !may;
        return may;
    }

    /// <summary>Plans that changed, null for an owner that has none any more. Nothing is written before <see cref="Flush"/>.</summary>
    public void Update(IReadOnlyDictionary<ServiceOwner, ServicePlan?> changes)
    {
        // What goes makes room for what comes.
        foreach (var (owner, _) in changes.Where(change => change.Value is null))
        {
            _refused.Remove(owner);
            Remove(owner);
        }

        foreach (var (owner, plan) in changes)
        {
            if (plan is not null)
            {
                Try(owner, plan);
            }
        }
    }

    /// <summary>Tries again what did not fit.</summary>
    public void Retry()
    {
        foreach (var (owner, refused) in _refused.Where(pair => pair.Value.MayFit).ToArray())
        {
            Try(owner, refused.Plan);
        }
    }

    /// <summary>
    /// Writes everything pending, whatever an entry points to before the entry. False when the kernel refused something: it stays pending, and what it was to
    /// replace stays in force.
    /// </summary>
    public bool Flush()
    {
        // Nothing depends on a frontend that is to go, and it may make room.
        var deleted = _services.WriteDeletes();
        _isWritten = _backends.WritePuts() && _pools.WritePending() && _ranges.WritePuts() && _frontendKeys.WritePuts() && _services.WritePuts() && deleted;
        if (!_isWritten)
        {
            return false;
        }

        var now = _time.GetTimestamp();
        foreach (var (leaver, leave) in _left.Where(left => ReferenceEquals(left.Leaver.Leave, left.Leave)))
        {
            _mayStrand |= IsOfDatagrams(leaver);
            if (leaver is InstalledRange range)
            {
                Forget(range); // who may not come any more may not come for another second
            }
            else
            {
                _leaving.Enqueue((now, leaver, leave));
            }
        }

        _left.Clear();
        return true;
    }

    /// <summary>Finds what differs in the kernel; the next <see cref="Flush"/> repairs it. To be called once all owners are known: what is nobody's goes.</summary>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    public int Compare(bool countsAsDrift) =>
        _services.Compare(countsAsDrift) + _frontendKeys.Compare(countsAsDrift) + _backends.Compare(countsAsDrift) + _ranges.Compare(countsAsDrift)
        + _pools.Compare(countsAsDrift);

    /// <summary>Removes what has been left for long enough; nobody waits for that. False when the kernel refused something, which is repeated.</summary>
    public bool LetGo()
    {
        var now = _time.GetTimestamp();
        var pools = new List<InstalledPool>();
        while (_leaving.TryPeek(out var next) && _time.GetElapsedTime(next.Since, now) >= Grace)
        {
            _leaving.Dequeue();
            if (!ReferenceEquals(next.Leaver.Leave, next.Leave))
            {
                continue; // it was wanted again
            }

            if (next.Leaver is InstalledPool pool)
            {
                pools.Add(pool);
            }

            Forget(next.Leaver);
            _mayStrand |= IsOfDatagrams(next.Leaver);
        }

        if (pools.Count > 0 && !_pools.Delete(pools))
        {
            pools.ForEach(Leave);
            return false;
        }

        // Evaluated one by one: none waits for another.
        return new[] { !_isWritten || _pools.DeleteStrays(), _ranges.WriteDeletes(), _backends.WriteDeletes(), _frontendKeys.WriteDeletes() }.All(done => done);
    }

    /// <summary>From here on nobody can want it again.</summary>
    private void Forget(Leaver leaver)
    {
        switch (leaver)
        {
            case InstalledPool { Backends: { } list } pool when pool.Group.Pools.GetValueOrDefault(list) == pool:
                pool.Group.Pools.Remove(list);
                break;
            case InstalledBackend backend:
                _backends.Remove(backend.Id);
                if (backend.Group?.Backends.GetValueOrDefault(backend.Address) == backend)
                {
                    backend.Group.Backends.Remove(backend.Address);
                }

                break;
            case InstalledRange range:
                _ranges.Remove(range.Key);
                range.Group?.Ranges.Remove(range.Key);
                break;
            case FrontendId frontend:
                _frontendKeys.Remove(frontend.Id);
                if (_frontendIds.GetValueOrDefault(frontend.Key) == frontend)
                {
                    _frontendIds.Remove(frontend.Key);
                }

                break;
        }
    }

    private static bool IsOfDatagrams(Leaver leaver) =>
        leaver is InstalledBackend { Address.Protocol: ServiceEnd.Udp } or FrontendId { Key.Protocol: ServiceEnd.Udp };

    private void Leave(Leaver leaver) => _left.Add((leaver, leaver.Go()));
}
