using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Entities.Identities;

public abstract record IdentityShardCommand : ICommand;

/// <summary>The holder wants the label set's number; it also gets it as an effect, now or when a block was leased.</summary>
public sealed record AcquireIdentity(IReadOnlyList<string> Labels, EntityAddress Holder) : IdentityShardCommand, ICommand<AcquiredIdentity>;

/// <summary>The holder needs the label set's number no more.</summary>
public sealed record ReleaseIdentity(IReadOnlyList<string> Labels, EntityAddress Holder) : IdentityShardCommand, ICommand<Done>;

/// <summary>A block of <see cref="IdentitySpace.BlockSize"/> numbers now belongs to the shard.</summary>
public sealed record GrantBlock(uint Ordinal, uint First) : IdentityShardCommand, ICommand<Done>;

/// <summary>No block is left.</summary>
public sealed record RefuseBlock(string Reason) : IdentityShardCommand, ICommand<Done>;

/// <summary>Removes identities that nobody has held for the grace period.</summary>
public sealed record SweepIdentities(TimeSpan Grace) : IdentityShardCommand, ICommand<Done>;

/// <summary>The answer to <see cref="AcquireIdentity"/>. <paramref name="Number"/> is 0 while the shard waits for a block.</summary>
public sealed record AcquiredIdentity(uint Number);
