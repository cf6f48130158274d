using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>The holder needs the label set's number no more.</summary>
public sealed record ReleaseIdentity(IReadOnlyList<string> Labels, EntityAddress Holder) : IdentityShardCommand, ICommand<Done>;
