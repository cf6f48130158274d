namespace Axoneme.Policy.Tests;

/// <summary>Whom a rule means.</summary>
public sealed class PeerTests
{
    private static Peer Only(string list, string peers, bool clusterwide = false) => Assert.Single(Written.Rule(list, peers, clusterwide).Peers!.Value);

    [Theory]
    [InlineData("{matchLabels: {node-role.kubernetes.io/control-plane: ''}}", "any:node-role.kubernetes.io/control-plane=")]
    [InlineData("{matchLabels: {'node:zone': a}}", "node:zone=a")]
    [InlineData("{matchLabels: {'k8s:zone': a}}", "k8s:zone=a")]
    [InlineData("{matchExpressions: [{key: zone, operator: NotIn, values: [a, b]}]}", "any:zone notin (a,b)")]
    [InlineData("{}", "everything")]
    public void Nodes_are_picked_by_their_own_labels(string selector, string meaning)
    {
        Assert.Equal(meaning, Assert.IsType<NodePeer>(Only("ingress", $"fromNodes: [{selector}]")).Selector.ToString());
        Assert.Equal(meaning, Assert.IsType<NodePeer>(Only("egress", $"toNodes: [{selector}]")).Selector.ToString());
        Assert.Equal(meaning, Assert.IsType<NodePeer>(Only("egressDeny", $"toNodes: [{selector}]")).Selector.ToString());
    }

    [Theory]
    [InlineData("{k8sService: {serviceName: web, namespace: other}}", "other", "web", null)]
    [InlineData("{k8sService: {serviceName: web}}", "", "web", null)]
    [InlineData("{k8sServiceSelector: {selector: {matchLabels: {env: staging}}, namespace: other}}", "other", null, "k8s:env=staging")]
    [InlineData("{k8sServiceSelector: {selector: {matchExpressions: [{key: env, operator: Exists}]}}}", "", null, "k8s:env")]
    [InlineData("{k8sServiceSelector: {selector: {}}}", "", null, "everything")]
    public void Services_are_picked_by_name_or_labels_of_one_namespace_or_all(string service, string ns, string? name, string? selector)
    {
        foreach (var list in (string[])["egress", "egressDeny"])
        {
            var peer = Assert.IsType<ServicePeer>(Only(list, $"toServices: [{service}]"));
            Assert.Equal((ns, name, selector), (peer.Namespace, peer.Name, peer.ServiceSelector?.ToString()));
        }
    }

    [Theory]
    [InlineData("matchName: Cilium.IO.", "cilium.io")]
    [InlineData("matchName: _srv.cilium.io", "_srv.cilium.io")]
    [InlineData("matchPattern: '*.cilium.io'", "*.cilium.io")]
    [InlineData("matchPattern: 'special*service.*'", "special*service.*")]
    [InlineData("matchPattern: '*'", "*")]
    public void Names_are_kept_without_case_and_final_dot(string name, string text) =>
        Assert.Equal(text, Assert.IsType<FqdnPeer>(Only("egress", $"toFQDNs: [{{{name}}}]")).Pattern.Text);

    [Theory]
    [InlineData("*")]
    [InlineData("**")]
    [InlineData("*.")]
    [InlineData("***.")]
    public void Stars_alone_are_every_name_as_Cilium_reads_them(string text)
    {
        var pattern = Assert.IsType<FqdnPeer>(Only("egress", $"toFQDNs: [{{matchPattern: '{text}'}}]")).Pattern;
        Assert.Equal((true, "*"), (pattern.IsEveryName, pattern.Text));
        Assert.True(pattern.Matches("www.cilium.io"));
    }

    [Theory]
    [InlineData("toServices")]
    [InlineData("toFQDNs")]
    [InlineData("toNodes")]
    public void An_empty_list_of_peers_means_nobody(string list) => Assert.Empty(Written.Rule("egress", $"{list}: []").Peers!.Value);

    [Fact]
    public void An_empty_list_goes_with_another_one()
    {
        Assert.Empty(Written.Rule("egress", "toServices: [], toCIDR: [10.0.0.0/8]").Peers!.Value);
        Assert.Equal(2, Written.Rule("egress", "toFQDNs: [{matchName: a}, {matchName: b}]").Peers!.Value.Length);
    }

    [Theory]
    [InlineData("{matchLabels: {io.cilium.k8s.policy.serviceaccount: leia}}", "any:io.cilium.k8s.policy.serviceaccount=leia and k8s:io.kubernetes.pod.namespace=shop")]
    [InlineData("{matchLabels: {'k8s:io.cilium.k8s.policy.cluster': c2}}", "k8s:io.cilium.k8s.policy.cluster=c2 and k8s:io.kubernetes.pod.namespace=shop")]
    [InlineData("{matchExpressions: [{key: io.cilium.k8s.policy.cluster, operator: In, values: [c1, c2]}]}", "any:io.cilium.k8s.policy.cluster in (c1,c2) and k8s:io.kubernetes.pod.namespace=shop")]
    [InlineData("{matchExpressions: [{key: 'k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name', operator: NotIn, values: [a]}]}", "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name notin (a)")]
    [InlineData("{matchExpressions: [{key: io.cilium.k8s.namespace.labels.team, operator: Exists}]}", "any:io.cilium.k8s.namespace.labels.team")]
    [InlineData("{matchExpressions: [{key: 'reserved:host', operator: DoesNotExist}]}", "!reserved:host")]
    [InlineData("{matchLabels: {'reserved:ingress': ''}}", "reserved:ingress=")]
    [InlineData("{matchLabels: {'container:app': a}}", "container:app=a and k8s:io.kubernetes.pod.namespace=shop")]
    [InlineData("{matchLabels: {'any:io.kubernetes.pod.namespace': b}}", "any:io.kubernetes.pod.namespace=b")]
    public void Keys_of_every_source_select_endpoints(string selector, string meaning) =>
        Assert.Equal(meaning, Assert.IsType<EndpointPeer>(Only("ingress", $"fromEndpoints: [{selector}]")).Selector.ToString());

    [Theory]
    [InlineData("{matchLabels: {io.cilium.k8s.policy.cluster: c1}}", "any:io.cilium.k8s.policy.cluster=c1")]
    [InlineData("{matchExpressions: [{key: 'k8s:io.cilium.k8s.policy.serviceaccount', operator: In, values: [leia]}]}", "k8s:io.cilium.k8s.policy.serviceaccount=leia")]
    [InlineData("{matchLabels: {'reserved:health': ''}}", "reserved:health=")]
    public void Subjects_are_selected_by_labels_of_every_source(string selector, string meaning)
    {
        Assert.Equal(meaning, Written.Spec($$"""{endpointSelector: {{selector}}, ingress: []}""", clusterwide: true).Subject.ToString());
        Assert.Equal(
            new[] { meaning, "k8s:io.kubernetes.pod.namespace=shop" }.Order(StringComparer.Ordinal),
            Written.Spec($$"""{endpointSelector: {{selector}}, ingress: []}""").Subject.Requirements.Select(requirement => requirement.ToString()));
    }
}
