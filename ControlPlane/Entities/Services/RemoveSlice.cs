using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Services;

public sealed record RemoveSlice : EndpointSliceCommand, ICommand<Done>;
