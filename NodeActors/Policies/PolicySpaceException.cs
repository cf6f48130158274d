namespace Axoneme.NodeActors.Policies;

/// <summary>A policy does not fit into the kernel's maps; nothing of it was written.</summary>
internal sealed class PolicySpaceException(string message) : Exception(message);
