namespace Axoneme.Kubernetes;

/// <summary>Where a service's port leads in a pod: a number, or the name of a container's port when that is 0.</summary>
public readonly record struct TargetPort(int Number, string Name = "");
