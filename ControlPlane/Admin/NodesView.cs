namespace Axoneme.ControlPlane.Admin;

public sealed record NodesView(ulong Revision, IReadOnlyList<NodeView> Nodes);
