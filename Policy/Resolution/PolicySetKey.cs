using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>What a policy set depends on; subjects with the same key share it.</summary>
internal sealed class PolicySetKey : IEquatable<PolicySetKey>
{
    private readonly int _hash;

    /// <param name="specs">Specs that apply, in the order of their policies.</param>
    /// <param name="subjectPorts">Named ports of the subject.</param>
    /// <param name="subjectIsNode">The subject is a node.</param>
    /// <param name="isClosed">Default deny, whatever the policies say.</param>
    public PolicySetKey(ImmutableArray<CompiledSpec> specs, ImmutableArray<NamedPort> subjectPorts, bool subjectIsNode, bool isClosed)
    {
        Specs = specs;
        SubjectIsNode = subjectIsNode;
        IsClosed = isClosed;

        // Names that no rule asks for must not keep subjects apart.
        SubjectPorts = specs.Any(spec => spec.LooksUpSubjectPorts) ? subjectPorts : [];
        var hash = new HashCode();
        foreach (var spec in specs)
        {
            hash.Add(spec);
        }

        hash.Add(SubjectPorts.Length);
        hash.Add(subjectIsNode);
        hash.Add(isClosed);
        _hash = hash.ToHashCode();
    }

    public ImmutableArray<CompiledSpec> Specs { get; }

    public ImmutableArray<NamedPort> SubjectPorts { get; }

    public bool SubjectIsNode { get; }

    public bool IsClosed { get; }

    public IEnumerable<CompiledRule> Rules() => Specs.SelectMany(spec => spec.Rules);

    public bool DefaultDeny(PolicyDirection direction) =>
        IsClosed || Specs.Any(spec => direction == PolicyDirection.Ingress ? spec.Spec.IngressDefaultDeny : spec.Spec.EgressDefaultDeny);

    public bool Equals(PolicySetKey? other) =>
        other is not null
        && _hash == other._hash
        && SubjectIsNode == other.SubjectIsNode
        && IsClosed == other.IsClosed
        && Specs.AsSpan().SequenceEqual(other.Specs.AsSpan())
        && SubjectPorts.AsSpan().SequenceEqual(other.SubjectPorts.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as PolicySetKey);

    public override int GetHashCode() => _hash;
}
