using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>No block is left.</summary>
public sealed record RefuseBlock(string Reason) : IdentityShardCommand, ICommand<Done>;
