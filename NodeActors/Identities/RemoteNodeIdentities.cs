using Axoneme.NodeActors.Local;

namespace Axoneme.NodeActors.Identities;

/// <summary>Numbers for the other nodes, whose labels policies may ask for (bit 25, Cilium's scope "remote-node").</summary>
/// <param name="store">Where the numbers are kept.</param>
/// <param name="known">What an earlier run kept.</param>
internal sealed class RemoteNodeIdentities(LocalStore store, IEnumerable<KeyValuePair<RemoteNodeKey, uint>> known)
    : LocalIdentities<RemoteNodeKey>(store, LocalStore.Kinds.RemoteNodeIdentity, Scope, known)
{
    public const uint Scope = 2 << 24;
}
