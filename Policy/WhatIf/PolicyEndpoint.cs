using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>An endpoint or node that policies are enforced on.</summary>
/// <param name="Name">How people call it, for example <c>namespace/pod</c>.</param>
/// <param name="Identity">Number of its identity.</param>
/// <param name="NamedPorts">The ports its containers name.</param>
/// <param name="OwnLabels">A node's labels to itself, which are not those others know it by; null for pods, which are one to all.</param>
public sealed record PolicyEndpoint(string Name, uint Identity, ImmutableArray<NamedPort> NamedPorts, LabelSet? OwnLabels = null);
