namespace Axoneme.Policy;

/// <summary>Of what kind of policy a rule is part, as far as the rule's meaning depends on it.</summary>
/// <param name="ns">The policy's namespace, empty for a cluster-wide one.</param>
/// <param name="subjectIsInit">The subject are endpoints without labels yet.</param>
/// <param name="subjectIsNode">The subject are nodes.</param>
internal sealed class PolicyScope(string ns, bool subjectIsInit, bool subjectIsNode)
{
    private readonly LabelRequirement? _namespace = ns.Length > 0 ? LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.PodNamespace, ns)
        : subjectIsInit ? null // an endpoint without labels yet has no namespace, and may be meant when the subject is one itself
        : LabelRequirement.Present(LabelSource.Kubernetes, LabelKey.PodNamespace);

    private Selector? _everyEndpoint;

    public string Namespace => ns;

    public bool IsClusterwide => ns.Length == 0;

    public bool SubjectIsNode => subjectIsNode;

    /// <summary>
    /// The endpoints a selector of a rule means, as Cilium does: one that does not name the namespace key means the policy's own namespace, or
    /// any in a cluster-wide policy, which still means pods only. One that does, by whatever operator, stays as it is: <c>NotIn</c> selects what
    /// has no namespace, too. In a namespaced policy the same goes for labels of namespaces, and everywhere for reserved labels.
    /// </summary>
    public Selector Endpoints(List<LabelRequirement> requirements)
    {
        if (requirements.Count == 0)
        {
            return _everyEndpoint ??= new Selector(_namespace is null ? [] : [_namespace]);
        }

        var saysWhere = requirements.Any(requirement => requirement.Source == LabelSource.Reserved || CiliumPolicyParser.IsNamespaceKey(requirement))
            || (!IsClusterwide && requirements.Any(IsNamespaceLabel));
        return new Selector(saysWhere || _namespace is null ? requirements : requirements.Append(_namespace));
    }

    private static bool IsNamespaceLabel(LabelRequirement requirement) =>
        requirement.Source is LabelSource.Kubernetes or LabelSource.Any && requirement.Key.StartsWith(LabelKey.NamespaceLabelPrefix, StringComparison.Ordinal);
}
