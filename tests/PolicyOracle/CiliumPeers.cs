using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>Who is meant by an entry of a peer list, in a policy of some scope.</summary>
/// <param name="policyNamespace">The policy's namespace; null for a clusterwide one.</param>
/// <param name="subjectIsInitializing">Whether the policy's subjects are selected by <c>reserved:init</c>.</param>
/// <param name="cluster">What it refers to.</param>
internal sealed class CiliumPeers(string? policyNamespace, bool subjectIsInitializing, ClusterObjects cluster)
{
    /// <param name="kind">The list's name without <c>from</c> or <c>to</c>.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="peer">The party in question.</param>
    public bool Mean(string kind, JsonElement entry, Party peer) => kind switch
    {
        "Endpoints" => Endpoints(new LabelSelector(entry, "any"), peer),
        "Nodes" => Nodes(new LabelSelector(entry, "any"), peer),
        "Entities" => Entity(entry.GetString()!, peer),
        // CIDR, CIDRSet and FQDNs: "only connections which do not originate from the cluster or from the local host are subject to CIDR
        // rules"; pods and nodes are not matched by default (policy CRD, layer3.rst "Selecting nodes with CIDR / ipBlock"). "If the
        // resolved IPs are IPs within the kubernetes cluster, the ToFQDN rule will not apply to that IP."
        "CIDR" => peer is OutsideAddress outside && Cidrs.Contains(entry.GetString()!, outside.Address),
        "CIDRSet" => peer is OutsideAddress outside && cluster.CidrSetContains(entry, outside),
        "FQDNs" => peer is OutsideAddress outside && outside.DnsNames.Any(n => entry.Text("matchName") is { } name
            ? DomainNames.IsName(n, name)
            : DomainNames.MatchesPattern(n, entry.Text("matchPattern")!)),
        "Services" => cluster.ServicesContain(entry, peer),
        _ => throw new NotSupportedException(kind),
    };

    private bool Endpoints(LabelSelector selector, Party peer)
    {
        if (!selector.Matches(peer.Labels))
        {
            return false;
        }

        // Reserved parties have neither namespace nor cluster, so a selector that names one is bound to neither
        // (pkg/k8s/apis/cilium.io/utils).
        if (selector.MentionsSource("reserved"))
        {
            return true;
        }

        var peerNamespace = peer.LabelValue("k8s", Label.Namespace);
        var namesNamespace = selector.Mentions("k8s", Label.Namespace);
        // kubernetes.rst: "if the namespace label of policy rules is omitted it defaults to the same namespace where the policy itself is
        // applied in". Clusterwide, every pod is meant, but only pods (wildcard-from-endpoints.yaml: "all Cilium managed endpoints"), except
        // in policies for initializing endpoints, which have no namespace themselves. About labels of the namespace in a namespaced policy
        // kubernetes.rst says they are "ignored"; what that does to the rest it does not say, the source looks for them everywhere.
        var inScope = namesNamespace
            || (policyNamespace is null
                ? subjectIsInitializing || peerNamespace is not null
                : selector.MentionsPrefix("k8s", Label.NamespaceLabels) || peerNamespace == policyNamespace);
        // Without a cluster the local one is meant: policy-default-local-cluster, on by default since Cilium 1.19.
        return inScope
            && (selector.Mentions("k8s", Label.Cluster) || peer.LabelValue("k8s", Label.Cluster) == cluster.ClusterName);
    }

    // "An extension of the remote-node entity" (layer3.rst "Node based"): never the local host.
    private bool Nodes(LabelSelector selector, Party peer) =>
        peer is Node && peer.IsReserved("remote-node") && selector.Matches(peer.Labels)
        && (selector.Mentions("k8s", Label.Cluster) || ClusterOf(peer) == cluster.ClusterName);

    /// <summary>layer3.rst "Entities based"; what it leaves open follows pkg/policy/api/entity.go.</summary>
    private bool Entity(string entity, Party peer) => entity switch
    {
        "all" => true,
        "none" => false,
        "world" => peer.IsReserved("world") || peer.IsReserved("world-ipv4") || peer.IsReserved("world-ipv6"),
        // "All Cilium-managed endpoints of the local cluster, unmanaged endpoints in the local cluster, as well as the host, remote-node, and
        // init identities. This also includes all remote nodes in a clustermesh scenario." The source adds health, ingress and the
        // kube-apiserver, wherever it runs.
        "cluster" => peer.LabelValue("k8s", Label.Cluster) == cluster.ClusterName
            || new[] { "host", "remote-node", "init", "ingress", "health", "unmanaged", "kube-apiserver" }.Any(peer.IsReserved),
        // host, remote-node, kube-apiserver, ingress, init, health, unmanaged, world-ipv4, world-ipv6
        _ => peer.IsReserved(entity),
    };

    private string ClusterOf(Party node) => node.LabelValue("k8s", Label.Cluster) ?? cluster.ClusterName;
}
