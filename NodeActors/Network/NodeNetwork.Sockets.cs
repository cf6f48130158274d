using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>Sockets of the node and its pods.</summary>
internal sealed partial class NodeNetwork
{
    public IReadOnlyList<SocketPeerKey> EndSockets(string? netns, IReadOnlySet<SocketPeerKey> peers)
    {
        if (netns is null)
        {
            return Inside(() => EndSockets(peers));
        }

        if (!File.Exists(netns))
        {
            return []; // a pod that is gone, and will be deleted
        }

        using var pod = NetworkNamespace.Open(netns);
        return pod.Run(() => EndSockets(peers));
    }

    private static IReadOnlyList<SocketPeerKey> EndSockets(IReadOnlySet<SocketPeerKey> peers)
    {
        using var sockets = SocketDiagnosis.Open();
        return sockets.EndUdp(peers);
    }
}
