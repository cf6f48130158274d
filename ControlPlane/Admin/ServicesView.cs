namespace Axoneme.ControlPlane.Admin;

public sealed record ServicesView(ulong Revision, IReadOnlyList<ServiceView> Services);
