namespace Axoneme.Datapath.Removal;

/// <summary>One thing of a node's that cleaning up takes away.</summary>
/// <param name="Kind">interface, route, program, link, map, pins, setting or file.</param>
/// <param name="Name">Which one.</param>
/// <param name="Problem">Why it could not be taken away; null when it could, or when nobody tried yet.</param>
public sealed record RemovalItem(string Kind, string Name, string? Problem = null);
