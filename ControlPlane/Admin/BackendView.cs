namespace Axoneme.ControlPlane.Admin;

/// <summary>
/// One address behind a service, the ports there by the names of the service's, and the slice that says so. State: ready; serving: answers
/// while it ends; terminating: ends and answers no more; not ready.
/// </summary>
public sealed record BackendView(
    string Address, string State, IReadOnlyList<ServicePortView> Ports, string? Node, string? Zone, string? Pod, string Slice);
