using System.Collections.Immutable;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>One label set's number (0 while waiting for a block), who needs it, and when the last holder let go (null while it is held).</summary>
public sealed record HeldIdentity(uint Number, ImmutableHashSet<EntityAddress> Holders, DateTimeOffset? UnheldSince);
