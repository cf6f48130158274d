namespace Axoneme.ControlPlane.Admin;

public sealed record ActorListView(string Kind, IReadOnlyList<string> Ids);
