using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>A spec of a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy (intro.rst "Rule Basics").</summary>
/// <param name="document">The document.</param>
/// <param name="spec">The spec within it.</param>
/// <param name="place">What to put before its sections' names: empty, or <c>specs[1].</c></param>
/// <param name="cluster">What it refers to.</param>
internal sealed class CiliumSpec(JsonElement document, JsonElement spec, string place, ClusterObjects cluster) : WrittenSpec
{
    private readonly string? _namespace = document.Text("kind") == "CiliumNetworkPolicy" ? document.Namespace() : null;

    /// <summary>
    /// A namespaced policy is about pods of its namespace only (kubernetes.rst "Namespaces"), so <c>init</c> and other reserved endpoints
    /// are out of its reach. A node selector is about the node and nothing else, an endpoint selector never about the node (host.rst).
    /// </summary>
    public override bool SelectsSubject(Party party) => spec.Member("nodeSelector") is { } nodes
        ? party is Node && new LabelSelector(nodes, "any").Matches(party.Labels)
        : party is Endpoint
            && (_namespace is null || party.LabelValue("k8s", Label.Namespace) == _namespace)
            && new LabelSelector(spec.GetProperty("endpointSelector"), "any").Matches(party.Labels);

    /// <summary>
    /// "If not specified, the default is true for each traffic direction that has rules, and false otherwise" (policy CRD,
    /// <c>enableDefaultDeny</c>).
    /// </summary>
    public override bool EnablesDefaultDeny(Direction direction)
    {
        var section = direction == Direction.Ingress ? "ingress" : "egress";
        return spec.Member("enableDefaultDeny")?.Member(section)?.GetBoolean()
            ?? (spec.Items(section).Any() || spec.Items(section + "Deny").Any());
    }

    public override IEnumerable<WrittenRule> Rules(Direction direction)
    {
        var section = direction == Direction.Ingress ? "ingress" : "egress";
        return Section(section, direction, denies: false).Concat(Section(section + "Deny", direction, denies: true));
    }

    private IEnumerable<WrittenRule> Section(string section, Direction direction, bool denies) =>
        spec.Items(section).Select((r, i) => new CiliumRule(
            new(document.Text("kind")!, _namespace, document.Name(), $"{place}{section}[{i}]"),
            r,
            direction == Direction.Ingress ? "from" : "to",
            denies,
            new(_namespace, SubjectIsInitializing(), cluster)));

    private bool SubjectIsInitializing() =>
        spec.Member("endpointSelector") is { } selector && new LabelSelector(selector, "none").Mentions("reserved", "init");
}
