using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Nodes;

public abstract record NodeCommand : ICommand;
