namespace Axoneme.Datapath.Loading;

/// <summary>Who fills a map, which decides what an upgrade may do to its entries.</summary>
internal enum MapContents
{
    /// <summary>
    /// The agent, from its state. Entries of one map name entries of another, so these maps are one unit: when the layout of one changes, all are made
    /// anew and filled aside by the agent, while the programs before go on judging by the maps before.
    /// </summary>
    State,

    /// <summary>Programs, and connections break without it: carried over, also what changes while it is.</summary>
    Connections,

    /// <summary>Programs, and nothing lasting depends on it: fragments under way, events not read yet, counts.</summary>
    Passing,
}

/// <summary>Which map is which.</summary>
internal static class MapContentsNames
{
    public static MapContents Of(string map) => map switch
    {
        "conntrack4" or "conntrack6" or "nat" or "affinity" or "socket_peers" => MapContents.Connections,
        "fragments4" or "fragments6" or "events" or "counters" or "balancing_space" or "nat_space" => MapContents.Passing,
        _ => MapContents.State,
    };
}
