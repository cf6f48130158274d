using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>Removes identities that nobody has held for the grace period.</summary>
public sealed record SweepIdentities(TimeSpan Grace) : IdentityShardCommand, ICommand<Done>;
