using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Policies;

public abstract record PolicyCommand : ICommand;
