namespace Axoneme.NodeActors.Services;

/// <summary>An endpoint of a service as this node sees it.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="IsIPv4">Its family.</param>
/// <param name="OnNode">Whether it is on this node.</param>
/// <param name="InZone">Whether it is in this node's zone.</param>
/// <param name="IsReady">It takes new connections; else it serves those it has while it terminates.</param>
internal sealed record BackendCandidate(BackendAddress Address, bool IsIPv4, bool OnNode, bool InZone, bool IsReady)
{
    /// <summary>Of another cluster.</summary>
    public bool IsRemote { get; init; }

    /// <summary>Whether it is meant for clients of this zone; null when its slice does not say for which.</summary>
    public bool? HintedZone { get; init; }

    /// <summary>The same of this node.</summary>
    public bool? HintedNode { get; init; }

    public bool Meets(BackendTier tier) =>
        (!tier.HasFlag(BackendTier.Node) || OnNode) && (!tier.HasFlag(BackendTier.Zone) || InZone)
        && (!tier.HasFlag(BackendTier.LocalCluster) || !IsRemote) && (!tier.HasFlag(BackendTier.RemoteCluster) || IsRemote);

    /// <summary>Who gets new connections: the ready ones of the first tier that has any, else those that still serve.</summary>
    public static BackendList Choose(IReadOnlyCollection<BackendCandidate> candidates, IReadOnlyList<BackendTier> tiers)
    {
        foreach (var ready in new[] { true, false })
        {
            foreach (var tier in tiers)
            {
                var chosen = BackendList.From(candidates.Where(candidate => candidate.IsReady == ready && candidate.Meets(tier)).Select(candidate => candidate.Address));
                if (chosen.Count > 0)
                {
                    return chosen;
                }
            }
        }

        return BackendList.Empty;
    }
}
