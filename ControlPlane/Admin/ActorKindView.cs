namespace Axoneme.ControlPlane.Admin;

public sealed record ActorKindView(string Kind, int Count);
