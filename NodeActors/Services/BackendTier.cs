namespace Axoneme.NodeActors.Services;

/// <summary>A condition on backends; the first in a list of tiers that a ready backend meets is the one used.</summary>
internal enum BackendTier
{
    /// <summary>On this node.</summary>
    Node,

    /// <summary>In this node's zone.</summary>
    Zone,

    /// <summary>Wherever it is.</summary>
    Any,
}

/// <summary>An endpoint of a service as this node sees it.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="IsIPv4">Its family.</param>
/// <param name="OnNode">Whether it is on this node.</param>
/// <param name="InZone">Whether it is in this node's zone.</param>
/// <param name="IsReady">It takes new connections; else it serves those it has while it terminates.</param>
internal sealed record BackendCandidate(BackendAddress Address, bool IsIPv4, bool OnNode, bool InZone, bool IsReady)
{
    public bool Meets(BackendTier tier) => tier switch
    {
        BackendTier.Node => OnNode,
        BackendTier.Zone => InZone,
        _ => true,
    };

    /// <summary>Who gets new connections: the ready ones of the first tier that has any, else those that still serve.</summary>
    public static BackendList Choose(IReadOnlyCollection<BackendCandidate> candidates, IReadOnlyList<BackendTier> tiers)
    {
        foreach (var ready in new[] { true, false })
        {
            foreach (var tier in tiers)
            {
                var chosen = candidates.Where(candidate => candidate.IsReady == ready && candidate.Meets(tier)).Select(candidate => candidate.Address).ToArray();
                if (chosen.Length > 0)
                {
                    return BackendList.From(chosen);
                }
            }
        }

        return BackendList.Empty;
    }
}
