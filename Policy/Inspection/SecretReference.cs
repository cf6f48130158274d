namespace Axoneme.Policy;

/// <summary>A Kubernetes Secret that only the proxy reads.</summary>
public sealed record SecretReference(string Namespace, string Name);
