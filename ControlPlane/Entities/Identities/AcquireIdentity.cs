using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>The holder wants the label set's number; it also gets it as an effect, now or when a block was leased.</summary>
public sealed record AcquireIdentity(IReadOnlyList<string> Labels, EntityAddress Holder) : IdentityShardCommand, ICommand<AcquiredIdentity>;
