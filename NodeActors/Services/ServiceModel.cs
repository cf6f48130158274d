using System.Collections.Immutable;
using System.Net;
using Axoneme.NodeActors.State;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Services;

/// <summary>
/// What is known of services, and which of them have to be planned anew when something changes. Of several that want the same address and port the least
/// <see cref="FrontendKind"/>, then the least name has it, on all nodes alike. Not safe for several threads.
/// </summary>
internal sealed class ServiceModel(string nodeName, ServiceOptions options)
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private static readonly Dictionary<string, EndpointSliceRecord> NoSlices = [];
    private readonly ServicePlanner _planner = new(options);
    private readonly Dictionary<string, ServiceRecord> _services = [];
    private readonly Dictionary<string, Dictionary<string, EndpointSliceRecord>> _slices = [];
    private readonly Dictionary<string, PodRecord> _pods = [];
    private readonly Dictionary<string, ImmutableArray<IPAddress>> _podAddresses = [];
    private readonly Dictionary<ServiceOwner, ServicePlan> _plans = [];
    private readonly Dictionary<ServiceOwner, ImmutableArray<string>> _problems = [];
    private readonly FrontendClaims _claims = new();
    private readonly HashSet<ServiceOwner> _dirty = [];
    private NodeSituation _node = new(nodeName, "", []);

    public int ServiceCount => _services.Count;

    /// <summary>The node's own.</summary>
    public IReadOnlyCollection<IPAddress> Addresses => _node.Addresses;

    /// <summary>What is wrong with records, and who did not get a frontend.</summary>
    public IEnumerable<string> Problems => _problems.OrderBy(pair => pair.Key).SelectMany(pair => pair.Value);

    /// <summary>Whether a change may matter here; others need not be told.</summary>
    public static bool Concerns(string node, RecordChange change) => change.Kind switch
    {
        RecordKind.Service or RecordKind.EndpointSlice => true,
        RecordKind.Node => change.Key == node && Zone(change.Old?.Node) != Zone(change.New?.Node),
        RecordKind.Pod => HasHostPorts(node, change.Old) || HasHostPorts(node, change.New),
        _ => false,
    };

    public void Apply(RecordChange change)
    {
        switch (change.Kind)
        {
            case RecordKind.Service:
                Set(_services, change.Key, change.New?.Service);
                _dirty.Add(new ServiceOwner(false, change.Key));
                break;
            case RecordKind.EndpointSlice:
                SetSlice(change.Key, change.Old?.EndpointSlice, null);
                SetSlice(change.Key, change.New?.EndpointSlice, change.New?.EndpointSlice);
                break;
            case RecordKind.Node when change.Key == _node.Name:
                Move(_node with { Zone = Zone(change.New?.Node) });
                break;
            case RecordKind.Pod:
                Set(_pods, change.Key, HasHostPorts(_node.Name, change.New) ? change.New!.Pod : null);
                _dirty.Add(new ServiceOwner(true, change.Key));
                break;
        }
    }

    /// <summary>The node's own addresses.</summary>
    public void SetAddresses(IEnumerable<IPAddress> addresses)
    {
        ImmutableArray<IPAddress> sorted = [.. addresses.OrderBy(address => address.ToString(), StringComparer.Ordinal)];
        if (!sorted.SequenceEqual(_node.Addresses))
        {
            Move(_node with { Addresses = sorted });
        }
    }

    /// <summary>The addresses of a pod of this node; none when it is gone.</summary>
    public void SetPod(string pod, ImmutableArray<IPAddress> addresses)
    {
        if (addresses.IsEmpty)
        {
            _podAddresses.Remove(pod);
        }
        else
        {
            _podAddresses[pod] = addresses;
        }

        if (_pods.ContainsKey(pod))
        {
            _dirty.Add(new ServiceOwner(true, pod));
        }
    }

    /// <summary>The plans that are other than at the last call; null for an owner that has nothing any more.</summary>
    public IReadOnlyDictionary<ServiceOwner, ServicePlan?> TakeChanges()
    {
        var affected = new HashSet<ServiceOwner>(_dirty);
        foreach (var owner in _dirty)
        {
            var plan = PlanOf(owner);
            affected.UnionWith(_claims.Update(_plans.GetValueOrDefault(owner), plan));
            Set(_plans, owner, plan);
        }

        _dirty.Clear();
        return affected.ToDictionary(owner => owner, Settle);
    }

    private ServicePlan? PlanOf(ServiceOwner owner)
    {
        if (owner.IsPod)
        {
            return _pods.TryGetValue(owner.Name, out var pod) && _podAddresses.TryGetValue(owner.Name, out var addresses) ? _planner.Plan(pod, addresses, _node) : null;
        }

        return _services.TryGetValue(owner.Name, out var service) ? _planner.Plan(service, _slices.GetValueOrDefault(owner.Name, NoSlices).Values, _node) : null;
    }

    /// <summary>A plan without the frontends that others have.</summary>
    private ServicePlan? Settle(ServiceOwner owner)
    {
        if (!_plans.TryGetValue(owner, out var plan))
        {
            _problems.Remove(owner);
            return null;
        }

        if (plan.Frontends.Any(frontend => _claims.OwnerOf(frontend.Key) != owner))
        {
            var lost = plan.Frontends.Where(frontend => _claims.OwnerOf(frontend.Key) != owner);
            plan = plan with
            {
                Problems = [.. plan.Problems, .. lost.Select(frontend => $"{owner}: {ServiceEnd.Text(frontend.Key)} is {_claims.OwnerOf(frontend.Key)}'s, which goes before it")],
                Groups =
                [
                    .. plan.Groups.Select(group => group with { Frontends = [.. group.Frontends.Where(frontend => _claims.OwnerOf(frontend.Key) == owner)] })
                        .Where(group => !group.Frontends.IsEmpty),
                ],
            };
        }

        if (plan.Problems.IsEmpty)
        {
            _problems.Remove(owner);
        }
        else
        {
            _problems[owner] = plan.Problems;
        }

        return plan;
    }

    private void SetSlice(string key, EndpointSliceRecord? named, EndpointSliceRecord? slice)
    {
        if (named is null)
        {
            return;
        }

        var service = $"{named.Namespace}/{named.Service}";
        if (!_slices.TryGetValue(service, out var slices))
        {
            _slices[service] = slices = [];
        }

        Set(slices, key, slice);
        if (slices.Count == 0)
        {
            _slices.Remove(service);
        }

        if (_services.ContainsKey(service))
        {
            _dirty.Add(new ServiceOwner(false, service));
        }
    }

    /// <summary>The node is somewhere else: whatever is planned by where it is has to be planned anew.</summary>
    private void Move(NodeSituation node)
    {
        if (node.Zone != _node.Zone)
        {
            _dirty.UnionWith(_services.Keys.Select(key => new ServiceOwner(false, key)));
        }
        else
        {
            _dirty.UnionWith(_services.Where(pair => pair.Value.Ports.Any(port => port.NodePort != 0)).Select(pair => new ServiceOwner(false, pair.Key)));
            _dirty.UnionWith(_pods.Keys.Select(key => new ServiceOwner(true, key)));
        }

        _node = node;
    }

    private static string Zone(NodeRecord? node) => node?.Labels.TryGetValue(ZoneLabel, out var zone) == true ? zone : "";

    private static bool HasHostPorts(string node, Record? record) => record?.Pod is { HostPorts.Count: > 0 } pod && pod.Node == node;

    private static void Set<TKey, TValue>(Dictionary<TKey, TValue> values, TKey key, TValue? value)
        where TKey : notnull
        where TValue : class
    {
        if (value is null)
        {
            values.Remove(key);
        }
        else
        {
            values[key] = value;
        }
    }
}
