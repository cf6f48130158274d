using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>A shard's answer: the label set's number.</summary>
public sealed record IdentityAssigned(IReadOnlyList<string> Labels, uint Number) : EndpointCommand, ICommand<Done>;
