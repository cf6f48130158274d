namespace Axoneme.Kubernetes;

/// <summary>A port of a Service.</summary>
/// <param name="Name">Empty when it has none; only a single port may.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Port">1-65535.</param>
/// <param name="Target">The port itself when absent.</param>
/// <param name="NodePort">0 when absent.</param>
public sealed record ServicePortResource(string Name, string Protocol, int Port, TargetPort Target, int NodePort);
