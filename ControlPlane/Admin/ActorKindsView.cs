namespace Axoneme.ControlPlane.Admin;

public sealed record ActorKindsView(IReadOnlyList<ActorKindView> Kinds);
