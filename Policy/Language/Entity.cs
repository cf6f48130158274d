namespace Axoneme.Policy;

/// <summary>Named groups of peers (Cilium's documentation, "Entities based").</summary>
public static class Entity
{
    /// <summary>
    /// Every name a policy may write. Cilium's agent knows <c>world-ipv4</c> and <c>world-ipv6</c> (<c>pkg/policy/api/entity.go</c>), its CRD does not.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "all", "cluster", "health", "host", "ingress", "init", "kube-apiserver", "none", "remote-node", "unmanaged",
        "world", "world-ipv4", "world-ipv6",
    ];

    /// <summary>The selectors a name stands for; an identity any of them selects belongs to the entity.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="clusterName">The local cluster, for <c>cluster</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such entity.</exception>
    public static IEnumerable<Selector> SelectorsOf(string name, string clusterName) => name switch
    {
        "all" => [Selector.Everything],
        "none" => [],
        "world" => [Reserved("world"), Reserved("world-ipv4"), Reserved("world-ipv6")],
        "cluster" =>
        [
            Reserved("host"), Reserved("remote-node"), Reserved("init"), Reserved("ingress"), Reserved("health"),
            Reserved("unmanaged"), Reserved("kube-apiserver"),
            new Selector([LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.Cluster, clusterName)]),
        ],
        _ when Names.Contains(name) => [Reserved(name)],
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not an entity"),
    };

    private static Selector Reserved(string name) => new([LabelRequirement.Present(LabelSource.Reserved, name)]);
}
