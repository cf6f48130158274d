using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// Finds flows that flip. Endpoints are taken together that have the same policy set on both sides; only pairs of such groups are looked at of which
/// one's policies towards the other changed, and within a pair only one flow of those that the same intervals decide.
/// </summary>
internal sealed class WorldComparison
{
    private readonly PolicyWorld _world;
    private readonly PolicyEngine _before;
    private readonly PolicyEngine _after;
    private readonly Dictionary<uint, LabelSet> _regions = [];
    private readonly List<uint> _relabelled = [];

    public WorldComparison(PolicyWorld before, PolicyWorld after)
    {
        _world = before;
        _before = before.ToEngine();
        _after = after.ToEngine();
        var (wantedBefore, wantedAfter) = (_before.CidrPrefixes.Concat(before.ApiServers).ToHashSet(), _after.CidrPrefixes.Concat(after.ApiServers).ToHashSet());
        var prefixes = before.Number(wantedBefore.Concat(wantedAfter));
        foreach (var (prefix, number) in prefixes.Where(numbered => !AddressRegions.IsCovered(numbered.Key, prefixes.Keys)))
        {
            var (old, now) = (before.RegionLabels(prefix, wantedBefore), after.RegionLabels(prefix, wantedAfter));
            _before.UpsertIdentity(number, old);
            _after.UpsertIdentity(number, now);
            _regions.Add(number, CidrText.LabelsOf(prefix));
            if (!old.Equals(now))
            {
                _relabelled.Add(number);
            }
        }
    }

    public PolicyDiff Compare()
    {
        var groups = Group();
        var sweep = new FlowSweep(_before, _after);
        var flips = new FlipCollector();
        foreach (var from in groups)
        {
            foreach (var to in groups.Where(to => from.EgressChanged || to.IngressChanged))
            {
                Compare(from, to, sweep, flips);
            }
        }

        return new PolicyDiff(flips.ToFlips(), _regions.ToImmutableDictionary());
    }

    private static void Compare(SubjectGroup from, SubjectGroup to, FlowSweep sweep, FlipCollector flips)
    {
        var sources = Part(from.Sources, source => source, to.Before?.Ingress, to.After?.Ingress);
        var destinations = Part(to.Destinations, destination => destination.Identity, from.Before?.Egress, from.After?.Egress);
        foreach (var (ingress, some) in sources)
        {
            foreach (var (egress, others) in destinations)
            {
                var changes = sweep.Changes(new FlowIntervals(egress.Before, ingress.Before), new FlowIntervals(egress.After, ingress.After));
                if (!changes.IsEmpty)
                {
                    flips.Add([.. some], [.. others], changes);
                }
            }
        }
    }

    /// <summary>Takes together the peers that come to the same intervals in one direction of a subject, on both sides.</summary>
    private static Dictionary<(ImmutableArray<PolicyInterval> Before, ImmutableArray<PolicyInterval> After), List<T>> Part<T>(
        List<T> peers, Func<T, uint> identityOf, DirectionPolicy? before, DirectionPolicy? after)
    {
        // Equal arrays are one array: the engine settles identities that come out the same once.
        var parts = new Dictionary<(ImmutableArray<PolicyInterval>, ImmutableArray<PolicyInterval>), List<T>>();
        foreach (var peer in peers)
        {
            var key = (FlowIntervals.Towards(before, identityOf(peer)), FlowIntervals.Towards(after, identityOf(peer)));
            if (!parts.TryGetValue(key, out var part))
            {
                parts.Add(key, part = []);
            }

            part.Add(peer);
        }

        return parts;
    }

    private List<SubjectGroup> Group()
    {
        var groups = new Dictionary<(PolicySet?, PolicySet?), SubjectGroup>();
        var endpoints = _world.Endpoints.ToLookup(endpoint => endpoint.Identity);
        foreach (var identity in _world.Identities.Keys.Concat(_regions.Keys).Order())
        {
            var alike = endpoints[identity].GroupBy(endpoint => GroupOf(_world.SubjectOf(endpoint))).ToList();
            if (alike.Count == 0)
            {
                var none = GroupOf(null);
                none.Sources.Add(identity);
                none.Destinations.Add(new FlowDestination(identity, []));
                continue;
            }

            // Ports that endpoints name differ in what may come to them, never in what they may send.
            alike[0].Key.Sources.Add(identity);
            foreach (var some in alike)
            {
                some.Key.Destinations.Add(new FlowDestination(identity, alike.Count == 1 ? [] : [.. some.Select(endpoint => endpoint.Name).Order(StringComparer.Ordinal)]));
            }
        }

        return [.. groups.Values];

        SubjectGroup GroupOf(PolicySubject? subject)
        {
            var (before, after) = subject is null ? (null, null) : (_before.Track(subject), _after.Track(subject));
            if (!groups.TryGetValue((before, after), out var group))
            {
                group = new SubjectGroup(before, after, HasChanged(before?.Ingress, after?.Ingress), HasChanged(before?.Egress, after?.Egress));
                groups.Add((before, after), group);
            }

            return group;
        }
    }

    /// <summary>Whether any flow may be judged otherwise: other rules, another default, or addresses that rules select otherwise.</summary>
    private bool HasChanged(DirectionPolicy? before, DirectionPolicy? after)
    {
        if (before is null || after is null)
        {
            return false;
        }

        var (old, now) = (before.Rules, after.Rules);
        return before.DefaultDeny != after.DefaultDeny
            || !old.Select(rule => rule.Id).SequenceEqual(now.Select(rule => rule.Id))
            || old.Zip(now).Any(pair => !pair.First.Selectors.AsSpan().SequenceEqual(pair.Second.Selectors.AsSpan())
                || _relabelled.Exists(region => pair.First.Selects(region) != pair.Second.Selects(region)));
    }

    /// <summary>Endpoints with the same policy set on both sides; nulls: identities without endpoints.</summary>
    private sealed record SubjectGroup(PolicySet? Before, PolicySet? After, bool IngressChanged, bool EgressChanged)
    {
        public List<uint> Sources { get; } = [];

        public List<FlowDestination> Destinations { get; } = [];
    }
}
