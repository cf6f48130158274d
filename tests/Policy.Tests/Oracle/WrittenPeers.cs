namespace Axoneme.Policy.Tests.Oracle;

/// <summary>A peer list and whom it means, said twice: as YAML and as a plain predicate.</summary>
public sealed record WrittenPeers(string Yaml, Func<string, Packet, bool> Means);
