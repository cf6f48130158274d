using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Node;

namespace Axoneme.ControlPlane.Entities.Nodes;

/// <summary>A node says what it is.</summary>
public sealed record RegisterNode(NodeRegistration Registration) : NodeCommand, ICommand<Done>;
