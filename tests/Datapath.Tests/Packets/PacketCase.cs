namespace Axoneme.Datapath.Tests.Packets;

/// <summary>One row of the packet table: the sentence it proves and the packets that prove it.</summary>
internal sealed record PacketCase(string Sentence, Action<PacketWorld> Run, PacketFamilies Families = PacketFamilies.Both);

[Flags]
internal enum PacketFamilies
{
    IPv4 = 1,
    IPv6 = 2,
    Both = 3,
}
