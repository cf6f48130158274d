namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>
/// The numbers a cluster may give to label sets: 24 bits, the cluster's id above 16 bits of its own (255 clusters) or 15 (511), the
/// first 256 kept for reserved identities (Cilium, "Cluster Mesh: maxConnectedClusters").
/// </summary>
public sealed record IdentitySpace
{
    /// <summary>Numbers leased to a shard at a time.</summary>
    public const uint BlockSize = 256;

    /// <exception cref="ArgumentOutOfRangeException">There are neither 255 nor 511 clusters, or the id is not among them.</exception>
    public IdentitySpace(uint clusterId = 0, uint maxClusters = 255)
    {
        if (maxClusters is not (255 or 511))
        {
            throw new ArgumentOutOfRangeException(nameof(maxClusters), maxClusters, "the number of clusters is 255 or 511");
        }
        if (clusterId > maxClusters)
        {
            throw new ArgumentOutOfRangeException(nameof(clusterId), clusterId, $"a cluster id is between 0 and {maxClusters}");
        }
        var bits = maxClusters == 255 ? 16 : 15;
        First = (clusterId << bits) + BlockSize;
        End = (clusterId + 1) << bits;
    }

    public uint First { get; }

    /// <summary>The first number past the last.</summary>
    public uint End { get; }
}
