using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.DatapathFuzz.Tests.Packets;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>What tells a connection from others, as one direction's packets have it. Ports are 0 where there are none; an echo has its id in both.</summary>
internal readonly record struct Tuple(byte Protocol, IPAddress Source, ushort SourcePort, IPAddress Destination, ushort DestinationPort)
{
    public Tuple Reversed => new(Protocol, Destination, DestinationPort, Source, SourcePort);

    public int Family => Source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4 : 6;

    /// <summary>The same for both directions.</summary>
    public Tuple Canonical => IsSourceHigher ? Reversed : this;

    public static Tuple Of(ReadPacket packet) => new(packet.Protocol, packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort);

    /// <summary>The key that the kernel has it under (layout.h: the lower address comes first, then the lower port).</summary>
    public ConntrackKey4 Key4()
    {
        var low = Canonical;
        return new ConntrackKey4
        {
            LowAddress = IpAddressKey.From(low.Source).Word3,
            HighAddress = IpAddressKey.From(low.Destination).Word3,
            LowPort = Swap(low.SourcePort),
            HighPort = Swap(low.DestinationPort),
            Protocol = Protocol,
        };
    }

    /// <inheritdoc cref="Key4"/>
    public ConntrackKey6 Key6()
    {
        var low = Canonical;
        return new ConntrackKey6
        {
            LowAddress = IpAddressKey.From(low.Source),
            HighAddress = IpAddressKey.From(low.Destination),
            LowPort = Swap(low.SourcePort),
            HighPort = Swap(low.DestinationPort),
            Protocol = Protocol,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Protocol} {Source}:{SourcePort}→{Destination}:{DestinationPort}";

    private bool IsSourceHigher
    {
        get
        {
            var order = Source.GetAddressBytes().AsSpan().SequenceCompareTo(Destination.GetAddressBytes());
            return order > 0 || order == 0 && SourcePort > DestinationPort;
        }
    }

    private static ushort Swap(ushort port) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(port);
}
