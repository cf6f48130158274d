namespace Axoneme.NodeActors.Policies;

/// <summary>A policy that has a policy id, and who is judged by it.</summary>
internal sealed class InstalledPolicy(uint id, EndpointPolicy content)
{
    public uint Id { get; } = id;

    /// <summary>Counts changes in place: conntrack entries made under another number are judged again.</summary>
    public uint Revision { get; set; } = 1;

    public EndpointPolicy Content { get; set; } = content;

    /// <summary>Ids of the endpoints whose kernel record is to point here.</summary>
    public HashSet<ushort> Users { get; } = [];
}
