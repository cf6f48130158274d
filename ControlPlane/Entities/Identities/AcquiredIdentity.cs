namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>The answer to <see cref="AcquireIdentity"/>. <paramref name="Number"/> is 0 while the shard waits for a block.</summary>
public sealed record AcquiredIdentity(uint Number);
