using System.Collections.Immutable;
using Axoneme.Policy;

namespace Axoneme.ControlPlane.Admin;

/// <summary>An end of a flow that a question is about.</summary>
/// <param name="Name">How to call it.</param>
/// <param name="Identity">Its identity in the world asked about.</param>
/// <param name="Endpoint">The pod or node, when one is meant and not all of the identity.</param>
/// <param name="NamedPorts">Ports it names.</param>
/// <param name="Note">What else one should know of it.</param>
internal sealed record FlowEnd(string Name, uint Identity, string? Endpoint, ImmutableArray<NamedPort> NamedPorts, string? Note = null);
