using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Network;

/// <summary>A UDP socket as the kernel tells of it (<c>struct inet_diag_msg</c>).</summary>
/// <param name="Family">The socket's, not its addresses': one of IPv6 may talk to an IPv4-mapped address.</param>
/// <param name="Id">Its ends and its cookie, by which the kernel finds it again.</param>
internal readonly record struct UdpSocket(byte Family, NetlinkBodies.SocketId Id)
{
    /// <summary>Under what programs remember it if they gave it this peer.</summary>
    public SocketPeerKey Peer => new((ulong)Id.CookieHigh << 32 | Id.CookieLow, PeerAddress, Id.PeerPort) { Protocol = SocketMessages.Udp };

    private IpAddressKey PeerAddress => Family == NetlinkConstants.FamilyIPv4 ? IpAddressKey.FromIPv4(Id.Peer.Word0) : Id.Peer;
}
