using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>What policy sets must know of identities besides which rules select them.</summary>
/// <param name="NamedPorts">Named ports of the pods of each identity.</param>
/// <param name="Labels">Labels of each identity.</param>
/// <param name="Control">What policies for nodes cannot cut off; null when nothing.</param>
internal sealed record PeerKnowledge(
    IReadOnlyDictionary<uint, ImmutableArray<NamedPort>> NamedPorts, IReadOnlyDictionary<uint, LabelSet> Labels, ControlTraffic? Control);
