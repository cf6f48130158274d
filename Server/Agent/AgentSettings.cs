using Axoneme.Server.Node;

namespace Axoneme.Server.Agent;

/// <summary>What <c>axoneme-server agent</c> was asked to do.</summary>
/// <param name="Node">The node.</param>
/// <param name="ControlPlaneSocket">Path of the Unix socket the control plane listens on.</param>
internal sealed record AgentSettings(NodeSettings Node, string ControlPlaneSocket);
