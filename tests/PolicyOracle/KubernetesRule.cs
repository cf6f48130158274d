using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>An ingress or egress rule of a Kubernetes NetworkPolicy.</summary>
internal sealed class KubernetesRule(RuleReference reference, JsonElement rule, string peersName, string policyNamespace, ClusterObjects cluster)
    : WrittenRule(reference, denies: false)
{
    public override bool DemandsAuthentication => false;

    /// <summary>"If this field is empty or missing, this rule matches all sources" (or destinations).</summary>
    public override bool SelectsPeer(Party peer) =>
        !rule.Items(peersName).Any() || rule.Items(peersName).Any(p => Means(p, peer));

    /// <summary>"If this field is empty or missing, this rule matches all ports"; the protocol defaults to TCP.</summary>
    public override IEnumerable<JsonElement?> Covering(Traffic traffic, Party destination) =>
        !rule.Items("ports").Any() || rule.Items("ports").Any(p => Ports.Cover(p, "TCP", traffic, destination)) ? [null] : [];

    private bool Means(JsonElement written, Party peer)
    {
        // "By default, CIDR-based selectors do not match in-cluster entities (pods or nodes)" (layer3.rst "Selecting nodes with CIDR / ipBlock").
        if (written.Member("ipBlock") is { } block)
        {
            return peer is OutsideAddress outside && Cidrs.InBlock(block, outside.Address);
        }

        // Both selectors select pods.
        if (peer.LabelValue("k8s", Label.Namespace) is not { } peerNamespace)
        {
            return false;
        }

        var pods = written.Member("podSelector") is { } podSelector ? new LabelSelector(podSelector, "k8s") : null;
        // A selector that names no cluster means the local one (policy-default-local-cluster, on by default since Cilium 1.19).
        if (pods?.Mentions("k8s", Label.Cluster) != true && peer.LabelValue("k8s", Label.Cluster) != cluster.ClusterName)
        {
            return false;
        }

        var inNamespace = written.Member("namespaceSelector") is { } namespaces
            ? new LabelSelector(namespaces, "k8s").Matches(NamespaceLabels(peer))
            : peerNamespace == policyNamespace;
        return inNamespace && pods?.Matches(peer.Labels) != false;
    }

    // The labels of the pod's namespace, which the pod carries under a prefix.
    private static IEnumerable<string> NamespaceLabels(Party pod) => pod.Labels
        .Where(l => l.StartsWith("k8s:" + Label.NamespaceLabels, StringComparison.Ordinal))
        .Select(l => "k8s:" + l[("k8s:" + Label.NamespaceLabels).Length..]);
}
