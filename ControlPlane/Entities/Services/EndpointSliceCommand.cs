using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Services;

public abstract record EndpointSliceCommand : ICommand;
