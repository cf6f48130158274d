namespace Axoneme.NodeActors.Services;

/// <summary>
/// Which backends of a service go before others. Clusters come first (annotation <c>service.cilium.io/affinity</c>), then topology (<c>trafficDistribution</c>); where every ready
/// endpoint carries hints, whom they name counts in the place of where the endpoint is, as kube-proxy has it.
/// </summary>
/// <param name="Clusters">Conditions on the cluster, by preference.</param>
/// <param name="Topology">On node and zone; empty when hints alone decide.</param>
internal sealed record BackendPreference(IReadOnlyList<BackendTier> Clusters, IReadOnlyList<BackendTier> Topology)
{
    private static readonly BackendTier[] s_any = [BackendTier.Any];

    public static BackendPreference None { get; } = new(s_any, []);

    /// <summary>Null for a name that is none.</summary>
    public static IReadOnlyList<BackendTier>? TopologyOf(string trafficDistribution) => trafficDistribution switch
    {
        "" => [],
        "PreferClose" or "PreferSameZone" => [BackendTier.Zone, BackendTier.Any],
        "PreferSameNode" => [BackendTier.Node, BackendTier.Zone, BackendTier.Any],
        _ => null,
    };

    /// <summary>The same of the annotation's values.</summary>
    public static IReadOnlyList<BackendTier>? ClustersOf(string affinity) => affinity switch
    {
        "" or "none" => s_any,
        "local" => [BackendTier.LocalCluster, BackendTier.Any],
        "remote" => [BackendTier.RemoteCluster, BackendTier.Any],
        _ => null,
    };

    /// <summary>Who gets new connections.</summary>
    /// <param name="candidates">Of one family.</param>
    /// <param name="local">They are all on this node: nearer there is none.</param>
    public BackendList Choose(IReadOnlyCollection<BackendCandidate> candidates, bool local)
    {
        if (local)
        {
            return BackendCandidate.Choose(candidates, s_any);
        }

        var isReady = candidates.Any(candidate => candidate.IsReady);
        var byZone = isReady && candidates.All(candidate => !candidate.IsReady || candidate.HintedZone is not null);
        var byNode = isReady && candidates.All(candidate => !candidate.IsReady || candidate.HintedNode is not null);
        var topology = Topology.Count > 0 ? Topology : byZone ? [BackendTier.Zone, BackendTier.Any] : s_any;
        var seen = !byNode && !byZone ? candidates : [.. candidates.Select(candidate => candidate with
        {
            OnNode = byNode ? candidate.HintedNode == true : candidate.OnNode,
            InZone = byZone ? candidate.HintedZone == true : candidate.InZone,
        })];
        return BackendCandidate.Choose(seen, [.. Clusters.SelectMany(cluster => topology.Select(tier => cluster | tier))]);
    }
}
