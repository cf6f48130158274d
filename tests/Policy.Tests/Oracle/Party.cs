namespace Axoneme.Policy.Tests.Oracle;

/// <summary>The other end: a pod, or something reserved, or an address outside.</summary>
public sealed record Party(string Name, string? App, string? Namespace, string? Reserved, string? Address);
