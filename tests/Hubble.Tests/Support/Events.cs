using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble.Tests.Support;

/// <summary>Events as the datapath reports them.</summary>
internal static class Events
{
    public static readonly DateTimeOffset Boot = new(2026, 11, 21, 5, 0, 0, TimeSpan.Zero);

    /// <summary>A SYN from default/a port 40312 to default/b port 80, an hour and 123 ms after boot.</summary>
    public static DatapathEvent Syn(EventType type, byte reason = 0, uint egressRule = 1, uint ingressRule = 0) => new()
    {
        Timestamp = 3_600_123_000_000,
        Type = type,
        Reason = reason,
        Family = 4,
        Protocol = 6,
        TcpFlags = 2,
        Direction = TrafficDirection.Ingress,
        SourcePort = BinaryPrimitives.ReverseEndianness((ushort)40312),
        DestinationPort = BinaryPrimitives.ReverseEndianness((ushort)80),
        SourceEndpoint = 11,
        DestinationEndpoint = 12,
        SourceIdentity = 70001,
        DestinationIdentity = 70002,
        EgressRule = egressRule,
        IngressRule = ingressRule,
        Length = 74,
        Ifindex = 7,
        Source = IpAddressKey.From(IPAddress.Parse("10.0.0.1")),
        Destination = IpAddressKey.From(IPAddress.Parse("10.0.0.2")),
    };

    /// <summary>Decodes with the names of <see cref="KnownCluster"/>, on a clock that booted at <see cref="Boot"/>.</summary>
    public static Flow Decode(DatapathEvent datapathEvent, KnownCluster? cluster = null) =>
        new FlowDecoder(cluster ?? new KnownCluster(), new BootClock(Boot)).Decode(in datapathEvent);
}
