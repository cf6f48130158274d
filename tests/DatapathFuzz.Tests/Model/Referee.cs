using System.Net;
using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;
using Axoneme.PolicyOracle;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>
/// Holds every verdict against what the documents say. One-sided: what comes out must be justified; what is dropped need only be told, unless nothing at
/// all spoke against the packet. docs/architecture.md ("Kernel data") says how connections, fragments and errors are judged.
/// </summary>
internal sealed partial class Referee(FuzzNode node, FuzzWorld world, KernelWriter kernel)
{
    private const uint MarkMask = 0xf00;
    private const int TunnelPort = 8472;
    private const byte NoTunnelEndpoint = 160;
    private const byte NoNatMapping = 167;
    private const byte UnknownNatProtocol = 168;
    private readonly Dictionary<(int Family, IPAddress, IPAddress, uint Id, byte Protocol), (Tuple Tuple, bool IsEchoRequest, bool IsEchoReply)> _firstFragments = [];
    private readonly Dictionary<Tuple, Tuple> _translations = [];

    public Connections Connections { get; } = new(node);

    /// <summary>Translations seen: what comes back to the node, and what it becomes.</summary>
    public IReadOnlyDictionary<Tuple, Tuple> Translations => _translations;

    /// <summary>Looks at a packet that is about to be put in.</summary>
    public Sight Look(Injection packet, bool isPlain)
    {
        var read = StrictReader.Read(packet.Frame);
        if (read.Family == 0 || read.Flaw is not null)
        {
            return new Sight(read);
        }

        var fromDevice = packet.Program == "from_netdev";
        var sight = new Sight(read);
        if (read.IsOfConnection && TupleOf(read) is { } tuple)
        {
            var first = read.IsLaterFragment ? _firstFragments.GetValueOrDefault(FragmentKey(read)) : default;
            sight = sight with
            {
                Tuple = tuple,
                Connection = Connections.Find(tuple),
                IsEchoRequest = read.IsEchoRequest || first.IsEchoRequest,
                IsEchoReply = read.IsEchoReply || first.IsEchoReply,
            };
            if (fromDevice && _translations.TryGetValue(tuple, out var translated))
            {
                sight = sight with { Translated = translated, TranslatedConnection = Connections.Find(translated) };
            }
        }
        else if (read is { IsError: true, Inner: { IsOfConnection: true } inner } && inner.Source.Equals(read.Destination))
        {
            var about = Tuple.Of(inner);
            var isTranslated = fromDevice && _translations.ContainsKey(about.Reversed);
            about = isTranslated ? _translations[about.Reversed].Reversed : about;
            sight = sight with { AboutTuple = about, About = Connections.Find(about), IsAboutTranslated = isTranslated };
        }

        return isPlain ? sight with { MustPassBecause = ReasonToPass(packet, sight) } : sight;
    }

    /// <summary>What is wrong with what a program did; null when nothing is.</summary>
    public string? Judge(Injection packet, Sight sight, Outcome outcome)
    {
        var fault = outcome.Verdict switch
        {
            Outcome.Shot when !outcome.Drops.Any() => "dropped, and no event says so",
            Outcome.Shot when outcome.Drops.Any(drop => drop.Reason == 0) => "dropped without a reason",
            Outcome.Shot when outcome.Drops.Any(drop => drop.Reason is NoTunnelEndpoint or NoNatMapping or UnknownNatProtocol) => AdmitOnly(packet, sight),
            Outcome.Shot => sight.MustPassBecause is { } reason ? $"dropped, though {reason}" : null,
            Outcome.Pass or Outcome.Redirect when outcome.Drops.Any() => "forwarded, and an event says that it was dropped",
            Outcome.Pass or Outcome.Redirect => Justify(packet, sight, outcome),
            _ => $"verdict {outcome.Verdict} is none",
        };
        RememberFragment(packet, sight.Packet);
        return fault;
    }

    private string? Justify(Injection packet, Sight sight, Outcome outcome) => packet.Program switch
    {
        "from_pod" => JustifyFromPod(packet, sight, outcome),
        "to_pod" => JustifyToPod(packet, sight),
        "from_netdev" => JustifyFromDevice(packet, sight, outcome),
        "from_overlay" => JustifyFromOverlay(packet, sight, outcome),
        "to_netdev" or "to_overlay" => JustifyOut(packet, sight, outcome),
        _ => throw new ArgumentException($"no program {packet.Program}"),
    };

    /// <summary>Policy let it through and it could not be translated, or led nowhere: its connection has begun all the same.</summary>
    private string? AdmitOnly(Injection packet, Sight sight) => packet.Program != "from_pod"
        ? JustifyOfHost(packet, sight)
        : Admit(sight, sight.Packet, sight.Tuple, sight.Connection, world.Here.Single(place => place.Ifindex == packet.Ifindex), world.PlaceOf(sight.Packet.Destination), told: null);

    private string? JustifyToPod(Injection packet, Sight sight)
    {
        var read = sight.Packet;
        var pod = world.Here.Single(place => place.Ifindex == packet.Ifindex);
        if (read.EtherType == 0x0806)
        {
            return null; // the host's own words on the link
        }

        if (read.Flaw is not null || read.Family == 0)
        {
            return $"into a pod, though {read.Flaw ?? "it is no IP packet"}";
        }

        if (read.IsLinkMessage && IsLinkScope(read.Source))
        {
            return null;
        }

        if (!pod.Has(read.Destination))
        {
            return $"into {pod.Party.Name}, whose address {read.Destination} is not";
        }

        var sender = world.PlaceOf(read.Source);
        return Forgery(sender, packet.ArrivedOn != 0, throughTunnel: false) ?? Admit(sight, read, sight.Tuple, sight.Connection, sender, pod, told: null);
    }

    private string? JustifyFromDevice(Injection packet, Sight sight, Outcome outcome)
    {
        var read = sight.Packet;
        var after = StrictReader.Read(outcome.Frame);
        if (outcome.Verdict == Outcome.Redirect && (read.Family == 0 || read.Flaw is not null))
        {
            return $"into a pod, though {read.Flaw ?? "it is no IP packet"}";
        }

        if (read.Family == 0)
        {
            return null; // the stack cannot read it either
        }

        var receiver = world.PlaceOf(after.Destination);
        if (outcome.Verdict == Outcome.Pass && (receiver.Kind != PlaceKind.Host || !world.Settings.HostFirewall))
        {
            return null; // nobody's of this node; what is for a pod goes on to to_pod, and is judged there
        }

        if (read.Flaw is not null)
        {
            return $"to the node, though {read.Flaw}";
        }

        if (outcome.Verdict == Outcome.Pass && (read.IsLinkMessage || IsTunnelPacket(sight) || IsTunnelError(read)))
        {
            return null;
        }

        if (outcome.Verdict == Outcome.Redirect && !IsDeliveredTo(receiver, after))
        {
            return $"into a pod by MAC {after.DestinationMac} and address {after.Destination}, which do not belong together";
        }

        var (tuple, connection) = (sight.Tuple, sight.Connection);
        if (!after.Destination.Equals(read.Destination) || !after.IsLaterFragment && after.DestinationPort != read.DestinationPort)
        {
            if (Translation(sight, after) is { } fault)
            {
                return fault;
            }

            (tuple, connection) = (sight.Translated, sight.TranslatedConnection);
            if (Checksums.AreRight(packet.Frame, read) && !Checksums.AreRight(outcome.Frame, after))
            {
                return "translated back, and its checksums are wrong now";
            }
        }

        var sender = world.PlaceOf(read.Source);
        return Forgery(sender, arrived: true, throughTunnel: false) ?? Admit(sight, after, tuple, connection, sender, receiver, told: null);
    }

    /// <summary>Only who was translated gets what comes back.</summary>
    private static string? Translation(Sight sight, ReadPacket after)
    {
        if (sight.Packet.IsError)
        {
            var inner = after.Inner is null ? (Tuple?)null : Tuple.Of(after.Inner);
            return sight.IsAboutTranslated && inner == sight.AboutTuple ? null : $"an error translated to be about {inner}; known is {sight.AboutTuple}";
        }

        return sight.Translated is { } known && known.Destination.Equals(after.Destination) && (after.IsLaterFragment || known == Tuple.Of(after))
            ? null
            : $"translated to {Tuple.Of(after)}; known is {sight.Translated?.ToString() ?? "no translation"}";
    }

    private string? JustifyFromOverlay(Injection packet, Sight sight, Outcome outcome)
    {
        var read = sight.Packet;
        if (packet.TunnelNode == 0 || packet.TunnelIdentity is 0 or 1 or > 0xFFFFFF)
        {
            return "out of the tunnel without a sender that may be";
        }

        if (read.Flaw is not null || read.Family == 0)
        {
            return $"out of the tunnel, though {read.Flaw ?? "it is no IP packet"}";
        }

        var receiver = world.PlaceOf(read.Destination);
        if (receiver is not { Kind: PlaceKind.LocalPod or PlaceKind.Host })
        {
            return $"out of the tunnel to {receiver.Party.Name}, who is not here";
        }

        if (outcome.Verdict == Outcome.Redirect && !IsDeliveredTo(receiver, StrictReader.Read(outcome.Frame)))
        {
            return $"not into {receiver.Party.Name}, whom it is for";
        }

        if (receiver.Kind == PlaceKind.Host && !world.Settings.HostFirewall)
        {
            return null;
        }

        var byAddress = world.PlaceOf(read.Source);
        var told = packet.TunnelIdentity is >= 256 or 3 or 4 or 5 ? world.PlaceOf(packet.TunnelIdentity) is { } known ? known with { Kind = PlaceKind.RemotePod } : Unknown : null; // elsewhere, whoever here has the same labels
        if (world.RemoteNodes.All(one => !one.IPv4!.Equals(new IPAddress(BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)packet.TunnelNode))))))
        {
            return "out of a tunnel whose other end is no node of the cluster";
        }

        var fault = Forgery(byAddress, arrived: true, throughTunnel: true) ?? Admit(sight, read, sight.Tuple, sight.Connection, told ?? byAddress, receiver, told);
        if (fault is null && sight.Tuple is { } tuple)
        {
            Connections.CameByTunnel(tuple);
        }

        return fault;
    }

    private string? JustifyOut(Injection packet, Sight sight, Outcome outcome)
    {
        var read = sight.Packet;
        if (packet.Program == "to_netdev" && outcome.Verdict == Outcome.Redirect)
        {
            return "redirected where it leaves";
        }

        var fault = JustifyOfHost(packet, sight);
        if (fault is null && packet.Program == "to_netdev" && read.Flaw is null && read.Family != 0)
        {
            var after = StrictReader.Read(outcome.Frame);
            if (Checksums.AreRight(packet.Frame, read) && !Checksums.AreRight(outcome.Frame, after))
            {
                return "masqueraded, and its checksums are wrong now";
            }

            LearnTranslation(sight, after);
        }

        return fault;
    }

    private string? JustifyOfHost(Injection packet, Sight sight)
    {
        var read = sight.Packet;
        if (!world.Settings.HostFirewall || (packet.Mark & MarkMask) is 0xa00 or 0xb00 or 0xc00 || read.Family == 0)
        {
            return null;
        }

        // A pod's packet that has lost its mark on the way out is judged once more.
        var onDevice = packet.Program == "to_netdev";
        var sender = world.PlaceOf(read.Source);
        if (sender.Kind != PlaceKind.Host && !(onDevice && sender.Kind == PlaceKind.LocalPod))
        {
            return null;
        }

        if (read.Flaw is not null)
        {
            return $"out of the node, though {read.Flaw}";
        }

        if (onDevice && (read.IsLinkMessage || IsTunnelPacket(sight)))
        {
            return null;
        }

        return Admit(sight, read, sight.Tuple, sight.Connection, sender, world.PlaceOf(read.Destination), told: null);
    }

    private bool IsTunnelPacket(Sight sight) =>
        world.Settings.Tunnel && sight.Tuple is { Protocol: IpNumbers.Udp, DestinationPort: TunnelPort };

    /// <summary>Errors about the node's own tunnel are the node's, whatever its policies.</summary>
    private bool IsTunnelError(ReadPacket read) =>
        world.Settings.Tunnel && read is { IsError: true, Inner: { Protocol: IpNumbers.Udp, DestinationPort: TunnelPort } inner } && inner.Source.Equals(read.Destination);

    private static Place Unknown { get; } = new(new Endpoint("an identity nobody has", "", [], [], []), PlaceKind.RemotePod);

    private static bool IsDeliveredTo(Place pod, ReadPacket after) =>
        pod.Kind == PlaceKind.LocalPod && after.DestinationMac == pod.Mac && after.SourceMac == pod.GatewayMac && pod.Has(after.Destination);

    private static bool IsLinkScope(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return address.IsIPv6LinkLocal || bytes[0] == 0xFF && (bytes[1] & 15) is 1 or 2;
    }

    /// <summary>From outside nobody comes with an address of this node, nor in clear with one that is behind a tunnel; nodes speak for themselves in clear, too.</summary>
    private static string? Forgery(Place sender, bool arrived, bool throughTunnel)
    {
        if (sender.Kind == PlaceKind.LocalPod || sender.Kind == PlaceKind.Host && arrived)
        {
            return $"from outside, and its sender claims to be {sender.Party.Name} of this node";
        }

        return arrived && !throughTunnel && sender is { Kind: PlaceKind.RemotePod, Tunnel: not 0 } ? $"in clear, and its sender claims to be {sender.Party.Name} behind the tunnel" : null;
    }

    private Tuple? TupleOf(ReadPacket read)
    {
        if (!read.IsLaterFragment)
        {
            return Tuple.Of(read);
        }

        if (_firstFragments.TryGetValue(FragmentKey(read), out var first))
        {
            return first.Tuple;
        }

        // Without ports there is nothing that could be missing.
        var isComplete = !IpNumbers.HasPorts(read.Protocol) && read.Protocol is not IpNumbers.Icmp and not IpNumbers.Icmpv6 && (read.Family == 4 || !IpNumbers.IsExtension(read.Protocol));
        return isComplete ? new Tuple(read.Protocol, read.Source, 0, read.Destination, 0) : null;
    }

    /// <summary>Of IPv6 the identification is the same for all protocols of two addresses (RFC 8200).</summary>
    private static (int, IPAddress, IPAddress, uint, byte) FragmentKey(ReadPacket read) =>
        (read.Family, read.Source, read.Destination, read.FragmentId, read.Family == 4 ? read.Protocol : (byte)0);

    /// <summary>A first fragment says who its others are, whether it was let through or not: they are judged by themselves.</summary>
    private void RememberFragment(Injection packet, ReadPacket read)
    {
        if (read.Flaw is not null || !read.IsFirstFragment || !(IpNumbers.HasPorts(read.Protocol) || read.IsEchoRequest || read.IsEchoReply))
        {
            return;
        }

        var mark = packet.Mark & MarkMask;
        var isRead = packet.Program switch
        {
            "from_pod" => IsOwn(world.Here.Single(place => place.Ifindex == packet.Ifindex), read),
            "to_netdev" => mark is not 0xa00 and not 0xc00,
            "to_overlay" => world.Settings.HostFirewall && mark == 0 && world.PlaceOf(read.Source).Kind == PlaceKind.Host,
            _ => true,
        };
        if (isRead)
        {
            _firstFragments[FragmentKey(read)] = (Tuple.Of(read), read.IsEchoRequest, read.IsEchoReply);
        }
    }

    private static bool IsOwn(Place pod, ReadPacket read) => read.SourceMac == pod.Mac && pod.Has(read.Source);
}
