using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>An endpoint that policies are enforced on.</summary>
/// <param name="Name">How people call it, for example <c>namespace/pod</c>.</param>
/// <param name="Identity">Number of its identity.</param>
/// <param name="NamedPorts">The ports its containers name.</param>
public sealed record PolicyEndpoint(string Name, uint Identity, ImmutableArray<NamedPort> NamedPorts);
