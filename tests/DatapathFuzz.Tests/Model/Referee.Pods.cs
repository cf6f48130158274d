using System.Buffers.Binary;
using System.Net;
using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>What pods send: their own words on the link, and where the rest comes out.</summary>
internal sealed partial class Referee
{
    private string? JustifyFromPod(Injection packet, Sight sight, Outcome outcome)
    {
        var (read, pod) = (sight.Packet, world.Here.Single(place => place.Ifindex == packet.Ifindex));
        if (read.SourceMac != pod.Mac)
        {
            return $"sent by {pod.Party.Name} under the MAC {read.SourceMac}";
        }

        if (read.EtherType == 0x0806)
        {
            return JustifyArp(pod, packet.Frame, outcome);
        }

        if (read.Flaw is not null || read.Family == 0)
        {
            return $"out of a pod, though {read.Flaw ?? "it is no IP packet"}";
        }

        if (read.IsLinkMessage && IsLinkScope(read.Destination))
        {
            return outcome.Verdict == Outcome.Pass ? JustifyLinkMessage(pod, packet.Frame, read) : "a message of the link was sent on";
        }

        if (!pod.Has(read.Source))
        {
            return $"sent by {pod.Party.Name} under the address {read.Source}";
        }

        var receiver = OtherEnd(pod, read.Destination);
        var isOwnConnection = !sight.IsEchoReply && (sight.Connection is null || sight.Connection.Original == sight.Tuple || OpensAnother(sight, sight.Connection, fromInitiator: false));
        return Admit(sight, read, sight.Tuple, sight.Connection, pod, receiver, told: null) ?? ComesOut(packet, sight, outcome, receiver, isOwnConnection);
    }

    private string? ComesOut(Injection packet, Sight sight, Outcome outcome, Place receiver, bool isOwnConnection)
    {
        var (read, after) = (sight.Packet, StrictReader.Read(outcome.Frame));
        if (outcome.Verdict == Outcome.Pass)
        {
            return receiver.Kind == PlaceKind.LocalPod ? $"to the stack, and it is for {receiver.Party.Name}" : outcome.Frame.AsSpan().SequenceEqual(packet.Frame) ? null : "changed on its way to the stack";
        }

        if (receiver.Kind == PlaceKind.LocalPod)
        {
            return IsDeliveredTo(receiver, after) && outcome.Frame.AsSpan(12).SequenceEqual(packet.Frame.AsSpan(12)) ? null : $"not into {receiver.Party.Name}, whom it is for, or not as it was";
        }

        if (receiver.Kind == PlaceKind.Host)
        {
            return "to the node, and not by its stack";
        }

        var isUnchanged = outcome.Frame.AsSpan().SequenceEqual(packet.Frame);
        if (receiver.Tunnel != 0)
        {
            return isUnchanged ? null : "changed on its way into the tunnel";
        }

        if (isUnchanged && (sight.Connection ?? sight.About)?.CameByTunnel == true)
        {
            return null; // back the way it came, though nobody knows that address to be behind the tunnel
        }

        if (after.SourceMac != FuzzNode.DeviceMac || after.DestinationMac != FuzzNode.GatewayMac || after.HopLimit != read.HopLimit - 1 || !after.Destination.Equals(read.Destination))
        {
            return "out of the node with wrong MACs, destination or hops";
        }

        if (Checksums.AreRight(packet.Frame, read) && !Checksums.AreRight(outcome.Frame, after))
        {
            return "out of the node, and its checksums are wrong now";
        }

        var isOutside = receiver.Kind == PlaceKind.Outside && !world.Unmasqueraded.Any(prefix => prefix.Contains(read.Destination));
        var isMasqueraded = !after.Source.Equals(read.Source);
        if (isMasqueraded && (!world.Settings.Masquerade || !isOutside || !world.Host.Has(after.Source)))
        {
            return $"out of the node under the address {after.Source}";
        }

        var isFromMiddle = sight.Connection?.IsFromMiddle ?? IpNumbers.TellsBeginning(read.Protocol) && !read.IsBeginning;
        if (read.IsOfConnection && world.Settings.Masquerade && isOutside && !isFromMiddle && isMasqueraded != isOwnConnection)
        {
            return isMasqueraded ? "an answer was masqueraded" : "out of the cluster under the pod's own address";
        }

        LearnTranslation(sight, after);
        return null;
    }

    /// <summary>What a pod sends to an address of its link is for the node: nobody else is there.</summary>
    private Place OtherEnd(Place pod, IPAddress address) =>
        pod.Kind == PlaceKind.LocalPod && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && IsLinkScope(address) ? world.Host : world.PlaceOf(address);

    /// <summary>What comes back to that tuple is for who sent this.</summary>
    private void LearnTranslation(Sight sight, ReadPacket after)
    {
        if (sight.Packet.IsOfConnection && !after.IsLaterFragment && after.Flaw is null && sight.Tuple is { } original && Tuple.Of(after) is var wire && wire != original)
        {
            _translations[wire.Reversed] = original.Reversed;
        }
    }

    /// <summary>RFC 826, RFC 5227: a pod speaks for itself, and is told the gateway's MAC for everybody else.</summary>
    private static string? JustifyArp(Place pod, byte[] frame, Outcome outcome)
    {
        if (frame.Length < 42 || BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(14)) >> 16 != 0x000108000604)
        {
            return "an ARP message that is none";
        }

        var (senderMac, sender, target) = (frame[22..28], new IPAddress(frame[28..32]), new IPAddress(frame[38..42]));
        if (!senderMac.AsSpan().SequenceEqual(pod.Mac.ToArray()) || !sender.Equals(pod.IPv4) && !sender.Equals(IPAddress.Any))
        {
            return $"ARP: {pod.Party.Name} claims to be {sender}";
        }

        if (outcome.Verdict == Outcome.Pass)
        {
            return null;
        }

        var answer = outcome.Frame;
        var isAnswer = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(20)) == 2 && answer.AsSpan(22, 6).SequenceEqual(pod.GatewayMac.ToArray())
            && new IPAddress(answer[28..32]).Equals(target) && answer.AsSpan(0, 6).SequenceEqual(pod.Mac.ToArray()) && !target.Equals(pod.IPv4);
        return isAnswer ? null : "ARP: sent back, and no answer";
    }

    /// <summary>RFC 4861: a pod solicits and advertises for itself, with its own MAC; it is no router.</summary>
    private static string? JustifyLinkMessage(Place pod, byte[] frame, ReadPacket read)
    {
        if (read.IcmpType is 130 or 134 or 137)
        {
            return "a pod speaks as a router";
        }

        var ownLinkLocal = OwnLinkLocal(pod);
        if (!read.Source.Equals(ownLinkLocal) && !read.Source.Equals(IPAddress.IPv6Any) && !pod.Has(read.Source))
        {
            return $"on the link under the address {read.Source}";
        }

        if (read.IcmpType is < 133 or 143)
        {
            return null;
        }

        if (read.HopLimit != 255)
        {
            return "neighbour discovery from beyond the link";
        }

        var options = read.TransportOffset + (read.IcmpType == 133 ? 8 : 24);
        if (read.IcmpType != 133 && options > read.End)
        {
            return null; // cut short: the stack throws it away
        }

        if (read.IcmpType == 136 && new IPAddress(frame[(read.TransportOffset + 8)..(read.TransportOffset + 24)]) is var target && !pod.Has(target) && !target.Equals(ownLinkLocal))
        {
            return $"advertises {target}";
        }

        for (var at = options; at + 8 <= read.End && frame[at + 1] != 0; at += frame[at + 1] * 8)
        {
            if (frame[at] is 1 or 2 && !frame.AsSpan(at + 2, 6).SequenceEqual(pod.Mac.ToArray()))
            {
                return "advertises another's MAC";
            }
        }

        return null;
    }

    private static IPAddress OwnLinkLocal(Place pod)
    {
        var mac = pod.Mac.ToArray();
        return new IPAddress([0xFE, 0x80, 0, 0, 0, 0, 0, 0, (byte)(mac[0] ^ 2), mac[1], mac[2], 0xFF, 0xFE, mac[3], mac[4], mac[5]]);
    }
}
