using System.Net;
using Axoneme.DatapathFuzz.Tests.Model;

namespace Axoneme.DatapathFuzz.Tests.Packets;

/// <summary>Two ends that talk: one of few in a case, so that packets meet what earlier ones left.</summary>
internal sealed record Flow(Place Source, Place Destination, int Family, byte Protocol, ushort SourcePort, ushort DestinationPort)
{
    public IPAddress From => Source.Address(Family)!;

    public IPAddress To => Destination.Address(Family)!;

    public Flow Reversed => new(Destination, Source, Family, Protocol, DestinationPort, SourcePort);
}
