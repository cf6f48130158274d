namespace Axoneme.Kubernetes;

/// <summary>A port a container says it listens on.</summary>
/// <param name="Port">1-65535.</param>
/// <param name="Name">Null when it has none.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
public sealed record ContainerPort(int Port, string? Name, string Protocol);
