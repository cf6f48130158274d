using static Axoneme.PolicyOracle.Traffic;
using static Axoneme.PolicyOracle.VerdictKind;

namespace Axoneme.PolicyOracle.Tests;

/// <summary>layer3.rst, kubernetes.rst, lifecycle.rst: who is meant by a peer list.</summary>
public sealed class PeerTests
{
    private static Scene Ingress(string peers) => new($$"""
        kind: CiliumNetworkPolicy
        metadata: {name: p, namespace: shop}
        spec:
          endpointSelector:
            matchLabels: {role: backend}
          ingress: [{ {{peers}} }]
        """);

    private static Scene Egress(string peers, string more = "") => new($$"""
        kind: CiliumNetworkPolicy
        metadata: {name: p, namespace: shop}
        spec:
          endpointSelector:
            matchLabels: {role: backend}
          egress: [{ {{peers}} }]
        {{more}}
        """);

    private static Scene Clusterwide(string peers) => new($$"""
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: p}
        spec:
          endpointSelector:
            matchLabels: {role: backend}
          ingress: [{ {{peers}} }]
        """);

    [Theory]
    // The local host is always there.
    [InlineData("fromEndpoints: [{matchLabels: {role: frontend}}]", "frontend here")]
    [InlineData("fromEndpoints: [{matchLabels: {'k8s:role': frontend}}]", "frontend here")]
    [InlineData("fromEndpoints: [{matchLabels: {'any:role': frontend}}]", "frontend here")]
    [InlineData("fromEndpoints: [{matchLabels: {'node:role': frontend}}]", "here")]
    [InlineData("fromEndpoints: [{}]", "frontend batch here")]
    [InlineData("fromEndpoints: []", "here")]
    [InlineData("fromEndpoints: [], toPorts: [{ports: [{port: '80'}]}]", "here")]
    [InlineData("fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': bank}}]", "stranger here")]
    [InlineData("fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: bank, role: frontend}}]", "stranger here")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]}]", "frontend batch stranger dns here")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: role, operator: In, values: [frontend]}, {key: env, operator: In, values: [prod]}]}]", "frontend here")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: role, operator: In, values: [batch]}]}, {matchExpressions: [{key: env, operator: In, values: [prod]}]}]", "frontend batch here")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: env, operator: DoesNotExist}]}]", "batch here")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: env, operator: NotIn, values: [dev]}]}]", "frontend batch here")]
    [InlineData("fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.cluster: cluster2}}]", "twin here")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: 'k8s:io.cilium.k8s.policy.cluster', operator: Exists}]}]", "frontend batch twin here")]
    [InlineData("fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: teller, io.kubernetes.pod.namespace: bank}}]", "stranger here")]
    [InlineData("fromEndpoints: [{matchLabels: {'reserved:health': ''}}]", "health here")]
    public void Endpoint_selectors_stay_in_the_policys_namespace_and_cluster(string peers, string reaching) =>
        Assert.Equal(reaching, Ingress(peers).Reaching("backend"));

    [Theory]
    [InlineData("fromEndpoints: [{}]", "frontend batch stranger dns here")]
    [InlineData("fromEndpoints: [{matchLabels: {role: frontend}}]", "frontend stranger here")]
    [InlineData("fromEndpoints: [{matchLabels: {io.cilium.k8s.namespace.labels.team: money}}]", "stranger here")]
    [InlineData("fromEndpoints: [{matchLabels: {'reserved:init': ''}}]", "starting here")]
    public void Clusterwide_selectors_mean_pods_of_every_namespace(string peers, string reaching) =>
        Assert.Equal(reaching, Clusterwide(peers).Reaching("backend"));

    [Theory]
    [InlineData("all", "frontend batch stranger dns twin starting health gateway unmanaged here there master abroad office lab site deep managed-api six")]
    [InlineData("none", "here")]
    [InlineData("world", "here office lab site deep managed-api six")]
    [InlineData("world-ipv6", "here six")]
    [InlineData("world-ipv4", "here")]
    [InlineData("cluster", "frontend batch stranger dns starting health gateway unmanaged here there master abroad managed-api")]
    [InlineData("host", "here")]
    [InlineData("remote-node", "here there master abroad")]
    [InlineData("kube-apiserver", "here master managed-api")]
    [InlineData("init", "starting here")]
    [InlineData("health", "health here")]
    [InlineData("unmanaged", "unmanaged here")]
    [InlineData("ingress", "gateway here")]
    public void Entities_are_classes_of_parties(string entity, string reaching) =>
        Assert.Equal(reaching, Ingress($"fromEntities: [{entity}]").Reaching("backend"));

    [Theory]
    [InlineData("fromNodes: [{}]", "here there master")]
    [InlineData("fromNodes: [{matchLabels: {node-role.kubernetes.io/control-plane: ''}}]", "here master")]
    [InlineData("fromNodes: [{matchLabels: {'node:type': worker}}]", "here there")]
    [InlineData("fromNodes: [{matchLabels: {io.cilium.k8s.policy.cluster: cluster2}}]", "here abroad")]
    public void Node_selectors_mean_remote_nodes_of_the_cluster(string peers, string reaching) =>
        Assert.Equal(reaching, Ingress(peers).Reaching("backend"));

    [Fact]
    public void Node_selectors_never_mean_the_local_node()
    {
        Assert.Equal("there master", Egress("toNodes: [{}]").ReachedBy("backend"));
        Assert.Equal("here", Egress("toEntities: [host]").ReachedBy("backend"));
    }

    [Theory]
    [InlineData("toCIDR: [0.0.0.0/0]", "office lab site deep managed-api")]
    [InlineData("toCIDR: ['::/0']", "six")]
    [InlineData("toCIDR: [192.0.2.0/24]", "office")]
    [InlineData("toCIDR: [192.0.2.1]", "office")]
    [InlineData("toCIDR: [10.0.0.0/8]", "lab")]
    [InlineData("toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.96.0.0/12]}]", "")]
    [InlineData("toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8, 203.0.113.2/32]}]", "office site managed-api")]
    // "These exceptions are only applied to the Cidr in this CIDRRule."
    [InlineData("toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}, {cidr: 10.96.0.0/16}]", "office lab site deep managed-api")]
    [InlineData("toCIDRSet: []", "")]
    [InlineData("toCIDRSet: [{cidrGroupRef: labs}]", "lab")]
    [InlineData("toCIDRSet: [{cidrGroupRef: nowhere}]", "")]
    [InlineData("toCIDRSet: [{cidrGroupSelector: {matchLabels: {of: us}}}]", "office lab")]
    [InlineData("toFQDNs: [{matchName: CILIUM.io.}]", "site")]
    [InlineData("toFQDNs: [{matchPattern: '*.cilium.io'}]", "site")]
    [InlineData("toFQDNs: [{matchPattern: '**.cilium.io'}]", "site deep")]
    [InlineData("toFQDNs: [{matchPattern: '*'}]", "site deep")]
    public void Addresses_select_nobody_within_the_cluster(string peers, string reached) => Assert.Equal(reached, Egress(peers, """
        ---
        kind: CiliumCIDRGroup
        metadata: {name: labs, labels: {of: us}}
        spec: {externalCIDRs: [10.96.0.0/16, 10.0.0.0/24]}
        ---
        kind: CiliumCIDRGroup
        metadata: {name: offices, labels: {of: us}}
        spec: {externalCIDRs: [192.0.2.1/32]}
        """).ReachedBy("backend"));

    [Theory]
    [InlineData("k8sService: {serviceName: web, namespace: shop}", "frontend")]
    [InlineData("k8sService: {serviceName: web, namespace: bank}", "")]
    [InlineData("k8sService: {serviceName: remote, namespace: shop}", "site deep")]
    [InlineData("k8sServiceSelector: {selector: {matchLabels: {env: staging}}, namespace: shop}", "frontend")]
    [InlineData("k8sServiceSelector: {selector: {matchLabels: {env: staging}}}", "frontend office")]
    public void A_service_stands_for_its_pods_or_its_addresses(string service, string reached) => Assert.Equal(reached, Egress($"toServices: [{{{service}}}]", """
        ---
        kind: Service
        metadata: {name: web, namespace: shop, labels: {env: staging}}
        spec: {selector: {role: frontend}}
        ---
        kind: Service
        metadata: {name: remote, namespace: shop}
        spec: {ports: [{port: 80}]}
        ---
        kind: EndpointSlice
        metadata: {name: remote-1, namespace: shop, labels: {kubernetes.io/service-name: remote}}
        endpoints: [{addresses: [203.0.113.1]}, {addresses: [203.0.113.2, 10.0.0.2]}]
        ---
        kind: Service
        metadata: {name: old, namespace: bank, labels: {env: staging}}
        spec: {}
        ---
        kind: Endpoints
        metadata: {name: old, namespace: bank}
        subsets: [{addresses: [{ip: 192.0.2.1}]}]
        """).ReachedBy("backend"));

    [Fact]
    public void Namespaced_policies_have_no_say_over_reserved_endpoints_and_clusterwide_ones_do()
    {
        var namespaced = new Scene("""
            kind: CiliumNetworkPolicy
            metadata: {name: p, namespace: shop}
            spec: {endpointSelector: {matchLabels: {'reserved:health': ''}}, ingress: [{}]}
            """);
        Assert.Equal(Allowed, namespaced.Into("health", "office", Tcp(80)));
        var clusterwide = new Scene("""
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: init}
            specs:
            - endpointSelector: {matchLabels: {'reserved:init': ''}}
              ingress: [{fromEntities: [host]}]
              egress: [{toEntities: [all], toPorts: [{ports: [{port: '53', protocol: UDP}]}]}]
            """);
        Assert.Equal("here", clusterwide.Reaching("starting"));
        Assert.Equal(Allowed, clusterwide.OutOf("starting", "dns", Udp(53)));
        Assert.Equal(Denied, clusterwide.OutOf("starting", "dns", Tcp(53)));
        Assert.Equal(Allowed, clusterwide.Into("backend", "office", Tcp(80)));
    }

    [Fact]
    public void An_initializing_endpoint_is_in_default_deny_from_the_start()
    {
        var scene = new Scene("kind: ConfigMap");
        Assert.Equal("here", scene.Reaching("starting"));
        Assert.Equal("", scene.ReachedBy("starting"));
    }

    [Fact]
    public void The_health_endpoint_can_be_isolated_to_remote_nodes()
    {
        var scene = new Scene("""
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: cilium-health-checks}
            spec:
              endpointSelector: {matchLabels: {'reserved:health': ''}}
              ingress: [{fromEntities: [remote-node]}]
              egress: [{toEntities: [remote-node]}]
            """);
        Assert.Equal("here there master abroad", scene.Reaching("health"));
        Assert.Equal("there master abroad", scene.ReachedBy("health"));
    }

    [Fact]
    public void A_clusterwide_subject_may_be_chosen_by_namespace_and_service_account()
    {
        var scene = new Scene("""
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: p}
            spec:
              endpointSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: bank, io.cilium.k8s.policy.serviceaccount: teller}}
              egress: [{}]
            """);
        Assert.Equal("", scene.ReachedBy("stranger"));
        Assert.Equal(Allowed, scene.OutOf("backend", "office", Tcp(80)));
    }
}
