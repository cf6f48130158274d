namespace Axoneme.Datapath.Tests.Packets;

/// <summary>One row of the table of a whole node: the sentence it proves, the packets that prove it, and the features it is about.</summary>
internal sealed record NodeCase(
    string Sentence, Action<NodeWorld> Run, PacketFamilies Families = PacketFamilies.Both, NodeFeatures Features = NodeFeatures.All);
