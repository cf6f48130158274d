namespace Axoneme.Testbed;

/// <summary>How a test's cluster differs from the next.</summary>
public sealed record ClusterOptions
{
    /// <summary>How many nodes: <c>n1</c>, <c>n2</c>, … at most 15.</summary>
    public int Nodes { get; init; } = 2;

    public AddressFamilies Family { get; init; } = AddressFamilies.Dual;

    /// <summary>The agents' <c>--routing-mode</c>: <c>native</c> or <c>tunnel</c>.</summary>
    public string Routing { get; init; } = "native";

    /// <summary>Each node has a link and a network of its own, with the router between them; otherwise all are on one.</summary>
    public bool DifferentLinks { get; init; }

    /// <summary>The router knows which node has which pods, as native routing between links needs. Null: when that is so.</summary>
    public bool? RouterRoutesPods { get; init; }

    /// <summary>MTU of the nodes' links, in bytes.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>The drivers of the nodes' devices can run programs: cables' other ends are made for that. Not beyond an <see cref="Mtu"/> of some 3 500.</summary>
    public bool Drivers { get; init; }

    /// <summary>The cluster's name and number, from 0 to 15: clusters on one underlay need different ones.</summary>
    public string Name { get; init; } = "default";

    public int Id { get; init; }

    /// <summary>The underlay it is built on, shared with other clusters; null: one of its own.</summary>
    public Underlay? Underlay { get; init; }

    /// <summary>More arguments for every <c>axoneme-server agent</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>More arguments for the agent of one node, by its number from 1.</summary>
    public Func<int, IReadOnlyList<string>> NodeArguments { get; init; } = _ => [];

    /// <summary>More arguments for <c>axoneme-server controlplane</c>.</summary>
    public IReadOnlyList<string> ControlPlaneArguments { get; init; } = [];

    internal bool RouterHasPodRoutes => RouterRoutesPods ?? (Routing == "native" && DifferentLinks);
}
