using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Policies;

public sealed record RemovePolicy : PolicyCommand, ICommand<Done>;
