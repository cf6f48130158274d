using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// What a subject's policies came to at one time (see <see cref="PolicySet"/>). Equal content is equal.
/// </summary>
public sealed record ResolvedPolicy
{
    /// <summary>False: traffic to the subject is not looked up and passes. True also where policies only deny or only mark rules.</summary>
    public required bool IngressEnforced { get; init; }

    public required bool EgressEnforced { get; init; }

    /// <summary>Intervals of each key are sorted and do not overlap.</summary>
    public required IReadOnlyDictionary<PolicyMapKey, ImmutableArray<PolicyInterval>> Entries { get; init; }

    /// <summary>Nothing applies: everything passes.</summary>
    public static ResolvedPolicy Open { get; } = new()
    {
        IngressEnforced = false,
        EgressEnforced = false,
        Entries = ImmutableDictionary<PolicyMapKey, ImmutableArray<PolicyInterval>>.Empty,
    };

    /// <summary>The verdict as the kernel finds it; a verdict of Deny by <see cref="ImplicitRule.None"/> is default deny.</summary>
    public PolicyInterval Lookup(PolicyDirection direction, uint identity, uint trafficClass)
    {
        if (!(direction == PolicyDirection.Ingress ? IngressEnforced : EgressEnforced))
        {
            return new PolicyInterval(0, TrafficMatch.LastClass, PolicyVerdict.Allow, ImplicitRule.NotEnforced);
        }

        if (Entries.TryGetValue(new PolicyMapKey(direction, identity), out var intervals)
            || Entries.TryGetValue(new PolicyMapKey(direction, 0), out intervals))
        {
            foreach (var interval in intervals)
            {
                if (trafficClass >= interval.Low && trafficClass <= interval.High)
                {
                    return interval;
                }
            }
        }

        return new PolicyInterval(trafficClass, trafficClass, PolicyVerdict.Deny, ImplicitRule.None);
    }

    public bool Equals(ResolvedPolicy? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null
            || IngressEnforced != other.IngressEnforced
            || EgressEnforced != other.EgressEnforced
            || Entries.Count != other.Entries.Count)
        {
            return false;
        }

        foreach (var (key, intervals) in Entries)
        {
            if (!other.Entries.TryGetValue(key, out var others)
                || (intervals != others && !intervals.AsSpan().SequenceEqual(others.AsSpan())))
            {
                return false;
            }
        }

        return true;
    }

    public override int GetHashCode()
    {
        // The order of a dictionary is accidental, so the keys' hashes are added up.
        var sum = HashCode.Combine(IngressEnforced, EgressEnforced, Entries.Count);
        foreach (var (key, intervals) in Entries)
        {
            var hash = new HashCode();
            hash.Add(key);
            foreach (var interval in intervals)
            {
                hash.Add(interval);
            }

            sum = unchecked(sum + hash.ToHashCode());
        }

        return sum;
    }
}
