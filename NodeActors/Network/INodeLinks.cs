using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>
/// What a node needs of its network to reach others. All calls are idempotent; failures are <see cref="Datapath.KernelException"/> naming
/// the object and the kernel's reason.
/// </summary>
internal interface INodeLinks
{
    /// <summary>What is there now.</summary>
    NodeLinks Look();

    /// <summary>Makes the node's tunnel device, or finds it as it should be.</summary>
    /// <param name="port">UDP port.</param>
    /// <param name="mtu">Bytes of the longest inner packet.</param>
    /// <param name="ifindex">The ifindex it has to have because programs know it by that; 0 for any.</param>
    /// <param name="wasMade">Whether there was none, or another one.</param>
    LinkInfo EnsureTunnel(ushort port, uint mtu, uint ifindex, out bool wasMade);

    /// <summary>Removes the tunnel device of this node, if there is one.</summary>
    void DeleteTunnel();

    /// <summary>
    /// Makes the node's routes to others these and no others. Routes that somebody else made stay, whatever they say. Returns what could
    /// not be done, in words.
    /// </summary>
    IReadOnlyList<string> SetRoutes(IReadOnlyList<RouteInfo> routes);

    /// <summary>Calls <paramref name="changed"/> whenever interfaces, addresses or routes changed, until disposed.</summary>
    IDisposable Watch(Action changed);
}
