using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// What a set of policies comes to, kept up to date: shared by all endpoints to which the same policies apply. Lookup: the peer identity's own entry,
/// else that of identity 0, else dropped. An own entry never falls through, so it includes what identity 0 gives, and is left out where it would
/// say the same.
/// </summary>
public sealed class PolicySet
{
    internal PolicySet(PolicySetKey key, PeerKnowledge peers)
    {
        Key = key;
        Ingress = new DirectionPolicy(PolicyDirection.Ingress, key.SubjectIsNode, key.SubjectPorts, peers);
        Egress = new DirectionPolicy(PolicyDirection.Egress, key.SubjectIsNode, key.SubjectPorts, peers);
        Change(new PolicySetKey([], key.SubjectPorts, key.SubjectIsNode, key.IsClosed), key);
    }

    /// <summary>False: traffic to the subject is not looked up and passes. True also where policies only deny or only mark rules.</summary>
    public bool IngressEnforced => Ingress.IsEnforced;

    public bool EgressEnforced => Egress.IsEnforced;

    internal PolicySetKey Key { get; private set; }

    internal DirectionPolicy Ingress { get; }

    internal DirectionPolicy Egress { get; }

    /// <summary>Handles of the subjects it is for.</summary>
    internal HashSet<uint> Subjects { get; } = [];

    /// <summary>Every entry; intervals are sorted and do not overlap.</summary>
    public IEnumerable<KeyValuePair<PolicyMapKey, ImmutableArray<PolicyInterval>>> Entries() =>
        EntriesOf(Ingress, PolicyDirection.Ingress).Concat(EntriesOf(Egress, PolicyDirection.Egress));

    /// <summary>One entry; null when there is none.</summary>
    public ImmutableArray<PolicyInterval>? Entry(PolicyMapKey key) => Of(key.Direction).Entry(key.Identity);

    /// <summary>The entries that may have changed since the last call; null: any, or whether directions are enforced.</summary>
    public IReadOnlyCollection<PolicyMapKey>? TakeChanged()
    {
        var (ingress, egress) = (Ingress.TakeChanged(), Egress.TakeChanged());
        return ingress is null || egress is null ? null
            : ingress.Count + egress.Count == 0 ? []
            : [.. ingress.Select(identity => new PolicyMapKey(PolicyDirection.Ingress, identity)), .. egress.Select(identity => new PolicyMapKey(PolicyDirection.Egress, identity))];
    }

    /// <summary>The verdict as the kernel finds it; a verdict of Deny by <see cref="ImplicitRule.None"/> is default deny.</summary>
    public PolicyInterval Lookup(PolicyDirection direction, uint identity, uint trafficClass)
    {
        var policy = Of(direction);
        if (!policy.IsEnforced)
        {
            return new PolicyInterval(0, TrafficMatch.LastClass, PolicyVerdict.Allow, ImplicitRule.NotEnforced);
        }

        foreach (var interval in policy.Entry(identity) ?? policy.Entry(0) ?? [])
        {
            if (trafficClass >= interval.Low && trafficClass <= interval.High)
            {
                return interval;
            }
        }

        return new PolicyInterval(trafficClass, trafficClass, PolicyVerdict.Deny, ImplicitRule.None);
    }

    /// <summary>A copy that stays as it is.</summary>
    public ResolvedPolicy ToResolved() =>
        new() { IngressEnforced = IngressEnforced, EgressEnforced = EgressEnforced, Entries = Entries().ToDictionary() };

    internal DirectionPolicy Of(PolicyDirection direction) => direction == PolicyDirection.Ingress ? Ingress : Egress;

    /// <summary>Makes it the set of other specs.</summary>
    internal void Become(PolicySetKey key)
    {
        Change(Key, key);
        Key = key;
    }

    internal void Leave()
    {
        Ingress.Leave();
        Egress.Leave();
    }

    private void Change(PolicySetKey old, PolicySetKey now)
    {
        var (before, after) = (old.Rules().ToHashSet(), now.Rules().ToHashSet());
        var removed = before.Where(rule => !after.Contains(rule)).ToLookup(rule => rule.Rule.Direction);
        var added = after.Where(rule => !before.Contains(rule)).ToLookup(rule => rule.Rule.Direction);
        Ingress.Change(removed[PolicyDirection.Ingress].ToList(), added[PolicyDirection.Ingress].ToList(), now.DefaultDeny(PolicyDirection.Ingress));
        Egress.Change(removed[PolicyDirection.Egress].ToList(), added[PolicyDirection.Egress].ToList(), now.DefaultDeny(PolicyDirection.Egress));
    }

    private static IEnumerable<KeyValuePair<PolicyMapKey, ImmutableArray<PolicyInterval>>> EntriesOf(DirectionPolicy policy, PolicyDirection direction) =>
        policy.Entries().Select(entry => KeyValuePair.Create(new PolicyMapKey(direction, entry.Key), entry.Value));
}
