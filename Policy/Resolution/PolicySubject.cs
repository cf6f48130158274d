using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Whom a policy is resolved for: the labels of an endpoint's identity and the ports its containers name.</summary>
public sealed class PolicySubject : IEquatable<PolicySubject>
{
    public PolicySubject(LabelSet labels, IEnumerable<NamedPort>? namedPorts = null)
    {
        Labels = labels;
        NamedPorts = NamedPortList.Canonical(namedPorts ?? []);
    }

    public LabelSet Labels { get; }

    /// <summary>A node and not an endpoint: only policies with a nodeSelector apply.</summary>
    public bool IsNode => Labels.Contains(LabelSource.Reserved, "host");

    /// <summary>Names in lower case, sorted, without duplicates.</summary>
    public ImmutableArray<NamedPort> NamedPorts { get; }

    public bool Equals(PolicySubject? other) =>
        other is not null && Labels.Equals(other.Labels) && NamedPorts.AsSpan().SequenceEqual(other.NamedPorts.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as PolicySubject);

    public override int GetHashCode() => HashCode.Combine(Labels, NamedPorts.Length);
}
