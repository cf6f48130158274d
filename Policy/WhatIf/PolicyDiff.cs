using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Every flow whose verdict differs between two sets of policies, gathered by what changes alike.</summary>
/// <param name="Flips">Of any source, destination and traffic class at most one says something; those about the most classes come first.</param>
/// <param name="Regions">Labels of the numbers that stand for addresses outside the cluster: the addresses of a prefix that no longer prefix of either side holds.</param>
public sealed record PolicyDiff(ImmutableArray<PolicyFlip> Flips, ImmutableDictionary<uint, LabelSet> Regions)
{
    /// <summary>How many (source, destination, interval) classes flip.</summary>
    public long Classes => Flips.Sum(flip => flip.Classes);

    /// <summary>Compares what a world does with what it would do under other policies.</summary>
    /// <param name="before">What is.</param>
    /// <param name="after"><paramref name="before"/> with other <see cref="PolicyWorld.Policies"/>.</param>
    /// <exception cref="ArgumentException">The two differ in more than their policies.</exception>
    public static PolicyDiff Compare(PolicyWorld before, PolicyWorld after)
    {
        if (before.Identities != after.Identities || before.Endpoints != after.Endpoints || before.ClusterName != after.ClusterName)
        {
            throw new ArgumentException("the worlds differ in more than their policies", nameof(after));
        }

        return new WorldComparison(before, after).Compare();
    }
}
