using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Endpoints;

public abstract record EndpointCommand : ICommand;
