using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>What decides a flow in both directions: intervals of the source's egress and of the destination's ingress.</summary>
internal readonly record struct FlowIntervals(ImmutableArray<PolicyInterval> Egress, ImmutableArray<PolicyInterval> Ingress)
{
    private static readonly PolicyInterval Dropped = new(0, TrafficMatch.LastClass, PolicyVerdict.Deny, ImplicitRule.None);

    /// <summary>Nothing restricts the direction.</summary>
    public static ImmutableArray<PolicyInterval> Open { get; } = [new PolicyInterval(0, TrafficMatch.LastClass, PolicyVerdict.Allow, ImplicitRule.NotEnforced)];

    /// <summary>What a peer comes to in one direction of a subject; null for one that is no subject.</summary>
    public static ImmutableArray<PolicyInterval> Towards(DirectionPolicy? policy, uint peer) =>
        policy is not { IsEnforced: true } ? Open : policy.Entry(peer) ?? policy.Entry(0) ?? [];

    /// <summary>The interval of each list around a traffic class.</summary>
    public (PolicyInterval Egress, PolicyInterval Ingress) At(uint trafficClass) => (Find(Egress, trafficClass), Find(Ingress, trafficClass));

    private static PolicyInterval Find(ImmutableArray<PolicyInterval> intervals, uint trafficClass)
    {
        var (low, high) = (0, intervals.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (intervals[middle].High < trafficClass)
            {
                low = middle + 1;
            }
            else if (intervals[middle].Low > trafficClass)
            {
                high = middle - 1;
            }
            else
            {
                return intervals[middle];
            }
        }

        return Dropped;
    }
}
