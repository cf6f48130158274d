namespace Axoneme.PolicyOracle;

/// <summary>Someone who can send or receive: an endpoint, a node, or an address outside the cluster.</summary>
/// <param name="Name">Unique within a world; only for people and for looking it up.</param>
/// <param name="Labels">Identity labels, <c>source:key=value</c>, or <c>source:key</c> for an empty value.</param>
public abstract record Party(string Name, IReadOnlyList<string> Labels)
{
    /// <summary>Whether the party carries <c>reserved:name</c>.</summary>
    public bool IsReserved(string name) => Labels.Select(Label.Parse).Any(l => l.Source == "reserved" && l.Key == name);

    /// <summary>The value of a label, or null when the party does not carry it.</summary>
    public string? LabelValue(string source, string key) =>
        Labels.Select(Label.Parse).FirstOrDefault(l => l.Source == source && l.Key == key)?.Value;
}
