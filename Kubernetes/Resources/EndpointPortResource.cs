namespace Axoneme.Kubernetes;

/// <summary>A port of an EndpointSlice: a service's port of the same name leads there.</summary>
public sealed record EndpointPortResource(string Name, string Protocol, int Port);
