using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>The pod is wanted no more.</summary>
public sealed record RemovePod : EndpointCommand, ICommand<Done>;
