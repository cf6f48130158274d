using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>A block of <see cref="IdentitySpace.BlockSize"/> numbers now belongs to the shard.</summary>
public sealed record GrantBlock(uint Ordinal, uint First) : IdentityShardCommand, ICommand<Done>;
