using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>A shard's answer: this endpoint is no longer counted as a holder.</summary>
public sealed record IdentityReleased(IReadOnlyList<string> Labels) : EndpointCommand, ICommand<Done>;
