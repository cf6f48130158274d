using Axoneme.DatapathFuzz.Tests.Packets;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>What is known of a packet before it is put in.</summary>
/// <param name="Packet">As its receiver would read it.</param>
internal sealed record Sight(ReadPacket Packet)
{
    /// <summary>With the ports of the first fragment, of a later one; null when they are not known, or the packet has no such thing.</summary>
    public Tuple? Tuple { get; init; }

    /// <summary>An echo request, or a later fragment of one.</summary>
    public bool IsEchoRequest { get; init; }

    /// <summary>An echo reply, or a later fragment of one.</summary>
    public bool IsEchoReply { get; init; }

    /// <summary>The connection that the tuple belongs to.</summary>
    public Connection? Connection { get; init; }

    /// <summary>Of an answer to a masqueraded connection: the tuple behind the translation.</summary>
    public Tuple? Translated { get; init; }

    public Connection? TranslatedConnection { get; init; }

    /// <summary>Of an ICMP error: the connection it is about, of which the packet inside was sent by the error's receiver.</summary>
    public Connection? About { get; init; }

    /// <summary>The tuple of the packet inside an ICMP error, behind translation.</summary>
    public Tuple? AboutTuple { get; init; }

    /// <summary>The tuple of the packet inside an ICMP error is a translated one.</summary>
    public bool IsAboutTranslated { get; init; }

    /// <summary>Nothing may keep it from being forwarded; null where that cannot be said.</summary>
    public string? MustPassBecause { get; init; }
}
