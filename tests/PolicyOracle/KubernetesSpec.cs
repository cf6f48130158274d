using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>A Kubernetes NetworkPolicy (kubernetes.io "Network Policies", API reference NetworkPolicy v1).</summary>
internal sealed class KubernetesSpec(JsonElement document, ClusterObjects cluster) : WrittenSpec
{
    private readonly JsonElement _spec = document.GetProperty("spec");

    /// <summary>The pods of its namespace that match; an absent selector matches all of them.</summary>
    public override bool SelectsSubject(Party party) =>
        party is Endpoint
        && party.LabelValue("k8s", Label.Namespace) == document.Namespace()
        && (_spec.Member("podSelector") is not { } selector || new LabelSelector(selector, "k8s").Matches(party.Labels));

    /// <summary>
    /// A pod is isolated in a direction when a policy selects it and has the direction among its policy types. Without policy types, every
    /// policy is about ingress, and one with egress rules about egress as well.
    /// </summary>
    public override bool EnablesDefaultDeny(Direction direction) => _spec.Items("policyTypes").Any()
        ? _spec.Items("policyTypes").Any(t => t.GetString() == direction.ToString())
        : direction == Direction.Ingress || _spec.Items("egress").Any();

    /// <summary>Rules of a direction that is not among the policy types have no effect (API reference, <c>policyTypes</c>).</summary>
    public override IEnumerable<WrittenRule> Rules(Direction direction)
    {
        var section = direction == Direction.Ingress ? "ingress" : "egress";
        return EnablesDefaultDeny(direction)
            ? _spec.Items(section).Select((r, i) => new KubernetesRule(
                new("NetworkPolicy", document.Namespace(), document.Name(), $"{section}[{i}]"),
                r,
                direction == Direction.Ingress ? "from" : "to",
                document.Namespace(),
                cluster))
            : [];
    }
}
