using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;
using Axoneme.PolicyOracle;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>Connections: what may begin, what may go on.</summary>
internal sealed partial class Referee
{
    /// <summary>
    /// Whether the packet may go on: it begins what both ends' policies allow, or belongs to a connection that they allow now, or is an error about one.
    /// </summary>
    private string? Admit(Sight sight, ReadPacket read, Tuple? tuple, Connection? connection, Place sender, Place receiver, Place? told)
    {
        if (!read.IsOfConnection)
        {
            return AdmitMessage(sight, read, sender, receiver);
        }

        if (tuple is not { } mine)
        {
            return "a later fragment, and the first was never seen";
        }

        var fromInitiator = connection?.Original == mine;
        if (sight.IsEchoReply && (connection is null || fromInitiator))
        {
            var answer = FuzzWorld.TrafficOf(mine.Family, mine.Protocol, mine.Family == 4 ? 0 : 129);
            return world.Allows(sender, receiver, answer) ? null : $"{sender.Party.Name} may not answer {receiver.Party.Name}, who asked nothing ({Why(sender, receiver, answer)})";
        }

        if (connection is null || OpensAnother(sight, connection, fromInitiator))
        {
            return AdmitFirst(read, mine, sender, receiver, told);
        }

        var (initiator, responder) = fromInitiator ? (sender, receiver) : (receiver, sender);
        if (!IsStillAllowed(connection, initiator, responder))
        {
            return $"part of {connection.Original}, which {initiator.Party.Name} may not have with {responder.Party.Name} now ({Why(initiator, responder, connection.Traffic)})";
        }

        connection.ToldRemote = told ?? connection.ToldRemote;
        if (read.Protocol == IpNumbers.Tcp && !read.IsLaterFragment)
        {
            var isEnd = (read.TcpFlags & 1) != 0;
            connection.HasReset |= (read.TcpFlags & 4) != 0;
            connection.HasEnded = (connection.HasEnded.ByInitiator || isEnd && fromInitiator, connection.HasEnded.ByResponder || isEnd && !fromInitiator);
        }

        return null;
    }

    private string? AdmitMessage(Sight sight, ReadPacket read, Place sender, Place receiver)
    {
        if (sight is { About: { } about, AboutTuple: { } inside })
        {
            // The error's receiver sent the packet inside; whoever is at the other end may be another than who sends the error.
            var other = OtherEnd(receiver, inside.Destination);
            var (initiator, responder) = about.Original == inside ? (receiver, other) : (other, receiver);
            if (IsStillAllowed(about, initiator, responder))
            {
                return null;
            }
        }

        var traffic = FuzzWorld.TrafficOf(read);
        return world.Allows(sender, receiver, traffic) ? null : $"{sender.Party.Name} may not send {traffic} to {receiver.Party.Name} ({Why(sender, receiver, traffic)})";
    }

    private string? AdmitFirst(ReadPacket read, Tuple tuple, Place sender, Place receiver, Place? told)
    {
        var traffic = BeginningOf(tuple);
        if (!world.Allows(sender, receiver, traffic))
        {
            return $"{sender.Party.Name} may not begin {traffic} with {receiver.Party.Name} ({Why(sender, receiver, traffic)})";
        }

        // The end of something unknown is no beginning.
        if (tuple.Protocol != IpNumbers.Tcp || read.IsBeginning || read.IsLaterFragment || (read.TcpFlags & 4) == 0)
        {
            Connections.Begin(new Connection(tuple, traffic) { IsFromMiddle = IpNumbers.TellsBeginning(tuple.Protocol) && !read.IsBeginning, ToldRemote = told, Judges = JudgesOf(sender, receiver) });
        }

        return null;
    }

    /// <summary>An echo's requests and their replies are one connection, which a request begins.</summary>
    private static Traffic BeginningOf(Tuple tuple) => tuple switch
    {
        { Protocol: IpNumbers.Icmp, Family: 4 } => Traffic.Icmpv4(8),
        { Protocol: IpNumbers.Icmpv6, Family: 6 } => Traffic.Icmpv6(128),
        _ => FuzzWorld.TrafficOf(tuple.Family, tuple.Protocol, tuple.DestinationPort),
    };

    /// <summary>A SYN, INIT or echo request of the responder, or a SYN behind the end, begins a connection of its own.</summary>
    private static bool OpensAnother(Sight sight, Connection connection, bool fromInitiator) =>
        sight.Packet.IsBeginning ? !fromInitiator || connection.IsClosing : sight.IsEchoRequest && !fromInitiator;

    private bool IsStillAllowed(Connection connection, Place initiator, Place responder)
    {
        var judges = JudgesOf(initiator, responder);
        var isUnchanged = Equals(connection.Judges, judges);
        // Who began is a guess: once anything changed, both directions must be allowed.
        var isAllowed = world.Allows(initiator, responder, connection.Traffic)
            && (!connection.IsFromMiddle || isUnchanged || world.Allows(responder, initiator, BeginningOf(connection.Original.Reversed)));
        if (!isAllowed && connection.ToldRemote is { } told)
        {
            // Until its address is known to be somebody's, a remote end is who its node says.
            isAllowed = world.Allows(initiator.IsHere ? initiator : told, responder.IsHere ? responder : told, connection.Traffic);
        }

        connection.Judges = isAllowed ? judges : connection.Judges;
        return isAllowed;
    }

    private object JudgesOf(Place initiator, Place responder) => (JudgesOf(initiator), JudgesOf(responder));

    /// <summary>Without a host firewall the node is judged by nobody, and a change of its policies changes nothing.</summary>
    private object JudgesOf(Place place) => place.Kind == PlaceKind.Host && !world.Settings.HostFirewall ? 0u : place.IsHere ? kernel.VersionOf(place) : place.Kind == PlaceKind.Outside ? place.Party.Name : place == Unknown ? 0u : world.IdentityOf(place);

    private string Why(Place sender, Place receiver, Traffic traffic) =>
        $"{traffic}: egress of {sender.Party.Name} {(world.MayPass(sender, Direction.Egress, receiver, traffic) ? "allows" : "denies")}, ingress of {receiver.Party.Name} {(world.MayPass(receiver, Direction.Ingress, sender, traffic) ? "allows" : "denies")}";

    /// <summary>Why a packet must be forwarded: it is plain, and everything allows it. Null where anything may speak against it.</summary>
    private string? ReasonToPass(Injection packet, Sight sight)
    {
        var read = sight.Packet;
        if (!read.IsOfConnection || read.IsFirstFragment || read.IsLaterFragment || read.HopLimit < 2 || sight.Tuple is not { } tuple || sight.Translated is not null || (packet.Mark & MarkMask) != 0)
        {
            return null;
        }

        var (sender, receiver) = (world.PlaceOf(read.Source), world.PlaceOf(read.Destination));
        var isPossible = packet.Program switch
        {
            "from_pod" => world.Here.Single(place => place.Ifindex == packet.Ifindex) is var pod && IsOwn(pod, read) && receiver != pod && IsTranslatable(receiver, read),
            "to_pod" => receiver.Ifindex == packet.Ifindex && (packet.ArrivedOn == 0 ? sender.Kind == PlaceKind.Host : Forgery(sender, true, false) is null),
            "from_netdev" => receiver.IsHere && Forgery(sender, true, false) is null,
            "from_overlay" => receiver.IsHere && sender.Kind is PlaceKind.RemotePod or PlaceKind.RemoteNode && world.RemoteNodes.Any(one => IsAt(one, packet.TunnelNode))
                && (packet.TunnelIdentity == 6 ? sender.Kind == PlaceKind.RemoteNode : world.PlaceOf(packet.TunnelIdentity) == sender),
            "to_netdev" => sender.Kind == PlaceKind.Host && receiver.Kind is PlaceKind.Outside or PlaceKind.RemoteNode,
            "to_overlay" => sender.Kind == PlaceKind.Host && receiver.Tunnel != 0,
            _ => false,
        };
        if (!isPossible)
        {
            return null;
        }

        if (sight.Connection is null)
        {
            return (!IpNumbers.TellsBeginning(read.Protocol) || read.IsBeginning) && !read.IsEchoReply && world.Allows(sender, receiver, BeginningOf(tuple)) ? $"{sender.Party.Name} may begin {BeginningOf(tuple)} with {receiver.Party.Name}" : null;
        }

        var known = sight.Connection;
        var (initiator, responder) = known.Original == tuple ? (sender, receiver) : (receiver, sender);
        return !read.IsBeginning && !read.IsEchoRequest && !(read.IsEchoReply && known.Original == tuple) && known is { IsFromMiddle: false, ToldRemote: null } && world.Allows(initiator, responder, known.Traffic)
            ? $"it belongs to {known.Original}, which is allowed" : null;
    }

    private static bool IsAt(Place remote, uint hostOrderIPv4) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(remote.IPv4!.GetAddressBytes()) == hostOrderIPv4;

    /// <summary>What cannot be masqueraded cannot leave.</summary>
    private bool IsTranslatable(Place receiver, ReadPacket read) =>
        !world.Settings.Masquerade || receiver.Kind != PlaceKind.Outside || read.Protocol is IpNumbers.Tcp or IpNumbers.Udp || read.IsEchoRequest;
}
