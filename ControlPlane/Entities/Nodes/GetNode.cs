using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Nodes;

/// <summary>What it said last; changes nothing.</summary>
public sealed record GetNode : NodeCommand, ICommand<NodeState>;
