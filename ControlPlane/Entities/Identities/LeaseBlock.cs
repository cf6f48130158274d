using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>A shard wants its block number <paramref name="Ordinal"/> (1 for the first); answered with <see cref="GrantBlock"/> or <see cref="RefuseBlock"/>.</summary>
public sealed record LeaseBlock(EntityAddress Shard, uint Ordinal) : IdentityAllocatorCommand, ICommand<Done>;
