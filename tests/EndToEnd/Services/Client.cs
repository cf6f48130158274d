namespace Axoneme.EndToEnd.Services;

/// <summary>How somebody asks a service.</summary>
internal enum Manner
{
    /// <summary>A process of a pod: the node helps its sockets.</summary>
    PodBySockets,

    /// <summary>In a pod's network, but nobody helps its sockets: its packets are translated.</summary>
    PodByPackets,

    /// <summary>A process of a node.</summary>
    Node,

    /// <summary>A host beyond the nodes.</summary>
    Outside,
}

/// <summary>Who asks.</summary>
/// <param name="Manner">How.</param>
/// <param name="Node">On which node; 0 outside.</param>
internal sealed record Client(Manner Manner, int Node)
{
    public static Client Outside { get; } = new(Manner.Outside, 0);

    public bool IsInside => Manner != Manner.Outside;

    public override string ToString() => IsInside ? $"{Manner} of n{Node}" : "Outside";
}
