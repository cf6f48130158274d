using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>A shard's answer: no number is left.</summary>
public sealed record IdentityRefused(IReadOnlyList<string> Labels, string Reason) : EndpointCommand, ICommand<Done>;
