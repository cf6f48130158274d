namespace Axoneme.Kubernetes;

/// <summary>A port a container says it listens on.</summary>
/// <param name="Port">1-65535.</param>
/// <param name="Name">Null when it has none.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="HostPort">The port of the node that leads to it, 0 for none.</param>
/// <param name="HostIp">At which address of the node; empty for every one.</param>
public sealed record ContainerPort(int Port, string? Name, string Protocol, int HostPort = 0, string HostIp = "");
