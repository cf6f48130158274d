using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>A parsed Kubernetes object that the policy engine takes.</summary>
/// <param name="Kind">For example <c>CiliumNetworkPolicy</c>.</param>
/// <param name="Namespace">Empty for cluster-wide kinds.</param>
/// <param name="Name">metadata.name.</param>
/// <param name="Content">The parts that matter to the engine, in compact JSON: equal content is the same policy.</param>
public abstract record PolicyObject(string Kind, string Namespace, string Name, string Content)
{
    /// <summary><c>Kind/namespace/name</c>, the namespace empty for cluster-wide kinds.</summary>
    public string Key => $"{Kind}/{Namespace}/{Name}";
}

/// <summary>NetworkPolicy, CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy.</summary>
public sealed record RulePolicy(string Kind, string Namespace, string Name, string Content, ImmutableArray<PolicySpec> Specs)
    : PolicyObject(Kind, Namespace, Name, Content);

/// <summary>CiliumCIDRGroup: prefixes that policies refer to by the group's name or labels.</summary>
public sealed record CidrGroup(string Name, string Content, LabelSet Labels, ImmutableArray<IPNetwork> Networks)
    : PolicyObject(CidrGroup.KindName, "", Name, Content)
{
    public const string KindName = "CiliumCIDRGroup";
}
