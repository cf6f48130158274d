namespace Axoneme.Policy.Tests;

/// <summary>CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy at L3 and L4, as Cilium's documentation and CRDs define them.</summary>
public sealed class CiliumPolicyTests
{
    private static Scenario Of(string spec) => new($$"""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: test}
        spec: {{spec}}
        """);

    private static Scenario Clusterwide(string spec) => new($$"""
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: test}
        spec: {{spec}}
        """);

    [Fact]
    public void Endpoints_are_those_of_the_policys_namespace() =>
        Of("{endpointSelector: {matchLabels: {app: backend}}, ingress: [{fromEndpoints: [{matchLabels: {app: frontend}}]}]}").Expect("""
            backend from frontend tcp/80 allow ingress[0]
            backend from frontend icmp/8 allow
            backend from frontend icmpv6/128 allow
            backend from frontend@data tcp/80 drop
            backend from idle tcp/80 drop
            backend from host tcp/80 host
            backend from remote-node tcp/80 drop
            backend to frontend tcp/80 open
            idle from frontend tcp/80 open
            db from frontend tcp/80 open
            """);

    [Fact]
    public void An_empty_endpoint_selector_means_all_endpoints_of_the_namespace() =>
        Of("{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}").Expect("""
            backend from frontend tcp/80 allow
            backend from idle udp/1 allow
            backend from db tcp/80 drop
            backend from world tcp/80 drop
            backend from stranger tcp/80 drop
            """);

    [Theory]
    [InlineData("ingress: [{}]")]
    [InlineData("ingress: [{fromEndpoints: []}]")]
    [InlineData("ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: '80'}]}]}]")]
    [InlineData("ingress: [{fromEntities: []}]")]
    [InlineData("ingress: [{fromCIDR: []}]")]
    [InlineData("ingress: [{fromCIDRSet: []}]")]
    [InlineData("ingress: [{fromEntities: [none]}]")]
    [InlineData("ingress: [{toPorts: []}]")]
    [InlineData("ingress: [{toPorts: [{ports: []}]}]")]
    [InlineData("ingress: [{icmps: [{fields: []}]}]")]
    [InlineData("ingressDeny: [{}]")]
    [InlineData("enableDefaultDeny: {ingress: true}, ingress: []")]
    public void A_rule_that_names_nobody_denies_by_default_and_allows_nothing(string rules) => Of($$$"""{endpointSelector: {}, {{{rules}}}}""").Expect("""
        backend from frontend tcp/80 drop
        backend from world tcp/80 drop
        backend from host tcp/80 host
        backend to frontend tcp/80 open
        """);

    [Theory]
    [InlineData("ingress: []")]
    [InlineData("egress: []")]
    [InlineData("ingressDeny: [], egressDeny: []")]
    public void Empty_rule_lists_restrict_nothing(string rules) => Of($$$"""{endpointSelector: {}, {{{rules}}}}""").Expect("""
        backend from frontend tcp/80 open
        backend to frontend tcp/80 open
        """);

    [Fact]
    public void An_absent_peer_list_with_ports_means_everybody() => Of("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}").Expect("""
        backend from frontend tcp/80 allow
        backend from db tcp/80 allow
        backend from stranger tcp/80 allow
        backend from 1.2.3.4 tcp/80 allow
        backend from remote-node tcp/80 allow
        backend from host tcp/80 allow
        backend from frontend tcp/81 drop
        backend from host tcp/81 host
        """);

    [Fact]
    public void Peers_and_ports_in_one_rule_must_both_hold() =>
        Of("{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: frontend}}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}").Expect("""
            backend from frontend tcp/80 allow
            backend from frontend tcp/81 drop
            backend from frontend udp/80 drop
            backend from idle tcp/80 drop
            """);

    [Fact]
    public void Two_rules_are_alternatives() =>
        Of("{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: frontend}}]}, {toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}").Expect("""
            backend from frontend tcp/81 allow ingress[0]
            backend from frontend tcp/80 allow ingress[1]
            backend from idle tcp/80 allow ingress[1]
            backend from idle tcp/81 drop
            """);

    [Theory]
    [InlineData("{matchLabels: {k8s:app: frontend, k8s:io.kubernetes.pod.namespace: data}}", "drop", "allow", "drop")]
    [InlineData("{matchLabels: {app: frontend, io.kubernetes.pod.namespace: data}}", "drop", "allow", "drop")]
    [InlineData("{matchLabels: {any:app: frontend, any:io.kubernetes.pod.namespace: other}}", "drop", "drop", "allow")]
    [InlineData("{matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: storage}}", "drop", "allow", "drop")]
    [InlineData("{matchLabels: {io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name: other}}", "drop", "drop", "allow")]
    [InlineData("{matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: Exists}]}", "allow", "allow", "allow")]
    [InlineData("{matchExpressions: [{key: k8s:app, operator: In, values: [frontend, idle]}]}", "allow", "drop", "drop")]
    [InlineData("{matchLabels: {reserved:app: ''}}", "drop", "drop", "drop")]
    public void Selectors_say_which_namespaces_they_mean(string selector, string own, string data, string other) =>
        Of($$$"""{endpointSelector: {}, ingress: [{fromEndpoints: [{{{selector}}}]}]}""").Expect($"""
            backend from frontend tcp/80 {own}
            backend from frontend@data tcp/80 {data}
            backend from frontend@other tcp/80 {other}
            backend from world tcp/80 drop
            backend from remote-node tcp/80 drop
            """);

    [Fact]
    public void Service_accounts_are_labels() =>
        Of("{endpointSelector: {matchLabels: {io.cilium.k8s.policy.serviceaccount: backend}}, ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: default}}]}]}").Expect("""
            backend from frontend tcp/80 allow
            backend from backend tcp/80 drop
            idle from backend tcp/80 open
            """);

    [Fact]
    public void Clusters_are_labels() =>
        Of("{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: frontend, io.cilium.k8s.policy.cluster: cluster2}}]}]}").Expect("""
            backend from remote tcp/80 allow
            backend from frontend tcp/80 drop
            """);

    [Fact]
    public void A_clusterwide_policy_selects_pods_of_all_namespaces_and_only_pods() =>
        Clusterwide("{endpointSelector: {matchLabels: {app: frontend}}, ingress: [{fromEndpoints: [{}]}]}").Expect("""
            frontend from db tcp/80 allow
            frontend@data from frontend@other tcp/80 allow
            frontend from remote tcp/80 allow
            frontend from world tcp/80 drop
            frontend from remote-node tcp/80 drop
            frontend from 1.2.3.4 tcp/80 drop
            backend from db tcp/80 open
            """);

    [Fact]
    public void A_clusterwide_policy_may_name_a_namespace() =>
        Clusterwide("{endpointSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: data}}, ingress: [{fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: default}}]}]}").Expect("""
            db from frontend tcp/80 allow
            db from frontend@other tcp/80 drop
            backend from frontend@other tcp/80 open
            """);

    [Fact]
    public void Endpoints_without_labels_yet_can_be_subject_and_peer() =>
        Clusterwide("{endpointSelector: {matchLabels: {reserved:init: ''}}, ingress: [{fromEntities: [host]}], egress: [{toEntities: [all], toPorts: [{ports: [{port: '53', protocol: UDP}]}]}]}").Expect("""
            init from host tcp/80 allow
            init from frontend tcp/80 drop
            init to frontend udp/53 allow
            init to 8.8.8.8 udp/53 allow
            init to 8.8.8.8 tcp/53 drop
            frontend from idle tcp/80 open
            """);

    [Theory]
    [InlineData("all", "frontend db remote stranger host remote-node kube-apiserver health init unmanaged ingress world 1.2.3.4 2001:db8::1", "")]
    [InlineData("world", "world world-ipv4 world-ipv6 1.2.3.4 2001:db8::1", "frontend remote remote-node health stranger")]
    [InlineData("world-ipv4", "world-ipv4 1.2.3.4", "world-ipv6 2001:db8::1 frontend")]
    [InlineData("world-ipv6", "world-ipv6 2001:db8::1", "world-ipv4 1.2.3.4 frontend")]
    [InlineData("cluster", "frontend db host remote-node kube-apiserver health init unmanaged ingress", "world 1.2.3.4 remote stranger")]
    [InlineData("host", "host", "remote-node frontend world")]
    [InlineData("remote-node", "remote-node kube-apiserver", "frontend world health")]
    [InlineData("kube-apiserver", "kube-apiserver", "remote-node frontend world")]
    [InlineData("init", "init", "frontend health world")]
    [InlineData("health", "health", "init frontend world")]
    [InlineData("unmanaged", "unmanaged", "frontend world")]
    [InlineData("ingress", "ingress", "frontend world")]
    [InlineData("none", "", "frontend world remote-node")]
    public void Entities(string entity, string allowed, string dropped)
    {
        var table = string.Join("\n",
            Lines(allowed, "allow").Concat(Lines(dropped, "drop")));
        Of($$$"""{endpointSelector: {}, egress: [{toEntities: [{{{entity}}}]}]}""").Expect(table);

        static IEnumerable<string> Lines(string peers, string verdict) =>
            peers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(peer => $"backend to {peer} tcp/80 {verdict}");
    }

    [Fact]
    public void Prefixes_mean_addresses_outside_the_cluster() =>
        Of("{endpointSelector: {}, egress: [{toCIDR: [10.0.0.0/8, '2001:db8::/32']}]}").Expect("""
            backend to 10.9.9.9 tcp/80 allow
            backend to 2001:db8::5 tcp/80 allow
            backend to 11.0.0.1 tcp/80 drop
            backend to 2001:db9::5 tcp/80 drop
            backend to frontend tcp/80 drop
            backend to host tcp/80 drop
            backend to world tcp/80 drop
            backend to world-ipv4 tcp/80 drop
            """);

    [Fact]
    public void A_wider_prefix_includes_the_identities_of_narrower_ones() =>
        Of("{endpointSelector: {}, egress: [{toCIDR: [10.0.0.0/8]}, {toCIDR: [10.1.0.0/16], toPorts: [{ports: [{port: '22', protocol: TCP}]}]}], egressDeny: [{toCIDR: [10.1.2.0/24]}]}").Expect("""
            backend to 10.1.1.1 tcp/80 allow egress[0]
            backend to 10.1.1.1 tcp/22 allow egress[0]
            backend to 10.1.2.1 tcp/22 deny egressDeny[0]
            backend to 10.2.1.1 tcp/80 allow egress[0]
            """);

    [Fact]
    public void Exceptions_apply_to_their_own_prefix_only() =>
        Of("{endpointSelector: {}, egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.96.0.0/12]}]}, {toCIDR: [10.96.1.0/24]}]}").Expect("""
            backend to 10.1.1.1 tcp/80 allow
            backend to 10.96.0.1 tcp/80 drop
            backend to 10.96.1.1 tcp/80 allow egress[1]
            backend to 10.112.0.1 tcp/80 allow
            """);

    [Theory]
    [InlineData("0.0.0.0/0", "allow", "drop")]
    [InlineData("::/0", "drop", "allow")]
    public void The_prefix_of_a_whole_family_is_its_world(string cidr, string ipv4, string ipv6)
    {
        var scenario = Of($$$"""{endpointSelector: {}, egress: [{toCIDR: ['{{{cidr}}}']}, {toCIDR: [1.0.0.0/8], toPorts: [{ports: [{port: '1'}]}]}]}""");
        scenario.Expect($"""
            backend to 8.8.8.8 tcp/80 {ipv4}
            backend to 1.2.3.4 tcp/80 {ipv4}
            backend to 2001:db8::1 tcp/80 {ipv6}
            backend to frontend tcp/80 drop
            backend to remote-node tcp/80 drop
            """);
        Assert.Equal(["1.0.0.0/8"], scenario.Engine.CidrPrefixes.Select(prefix => prefix.ToString()));
    }

    [Fact]
    public void Host_bits_of_a_prefix_are_ignored() =>
        Of("{endpointSelector: {}, egress: [{toCIDR: [10.1.2.3/8]}]}").Expect("backend to 10.200.0.1 tcp/80 allow");

    [Fact]
    public void Ports_without_protocol_mean_those_with_ports() => Of("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '53'}]}]}]}").Expect("""
        backend from idle tcp/53 allow
        backend from idle udp/53 allow
        backend from idle sctp/53 allow
        backend from idle icmp/53 drop
        backend from idle tcp/54 drop
        """);

    [Fact]
    public void Port_zero_means_every_port() => Of("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '0', protocol: UDP}]}]}]}").Expect("""
        backend from idle udp/1 allow
        backend from idle udp/65535 allow
        backend from idle tcp/1 drop
        """);

    [Fact]
    public void Port_ranges_and_several_port_lists() =>
        Of("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '80', endPort: 90, protocol: TCP}]}, {ports: [{port: '443', protocol: TCP}, {port: '7', endPort: 0, protocol: UDP}]}]}]}").Expect("""
            backend from idle tcp/79 drop
            backend from idle tcp/80 allow
            backend from idle tcp/90 allow
            backend from idle tcp/91 drop
            backend from idle tcp/443 allow
            backend from idle udp/7 allow
            """);

    [Fact]
    public void Named_ports_are_compared_without_case() => Of("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: HTTP, protocol: TCP}, {port: dns}]}]}]}").Expect("""
        backend from idle tcp/8080 allow
        backend from idle tcp/9100 drop
        backend from idle udp/5353 allow
        backend from idle tcp/5353 drop
        """);

    [Fact]
    public void Protocols_without_ports() => Of("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{protocol: VRRP}, {port: '0', protocol: IGMP}]}]}]}").Expect("""
        backend from idle vrrp/0 allow
        backend from idle igmp/0 allow
        backend from idle tcp/0 drop
        """);

    [Fact]
    public void Icmp_types_by_number_and_name() =>
        Of("{endpointSelector: {}, ingress: [{icmps: [{fields: [{type: 8}, {type: EchoRequest, family: IPv6}, {type: '3', family: IPv4}]}]}]}").Expect("""
            backend from idle icmp/8 allow
            backend from idle icmp/3 allow
            backend from idle icmp/0 drop
            backend from idle icmpv6/128 allow
            backend from idle icmpv6/8 drop
            backend from idle tcp/8 drop
            """);

    [Fact]
    public void Deny_beats_allow_wherever_they_overlap() =>
        Of("{endpointSelector: {}, ingress: [{fromEntities: [all]}], ingressDeny: [{fromEndpoints: [{matchLabels: {app: frontend}}], toPorts: [{ports: [{port: '80', endPort: 90, protocol: TCP}]}]}]}").Expect("""
            backend from frontend tcp/79 allow
            backend from frontend tcp/80 deny ingressDeny[0]
            backend from frontend tcp/90 deny
            backend from frontend tcp/91 allow
            backend from frontend udp/85 allow
            backend from idle tcp/85 allow
            """);

    [Fact]
    public void Deny_beats_allow_from_a_narrower_selector() =>
        Of("{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: frontend, tier: web}}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}], ingressDeny: [{fromEntities: [cluster]}]}").Expect("""
            backend from frontend tcp/80 deny
            backend from host tcp/80 deny
            backend from world tcp/80 drop
            """);

    [Fact]
    public void The_own_node_can_be_denied_explicitly() =>
        Of("{endpointSelector: {}, ingressDeny: [{fromEntities: [host], toPorts: [{ports: [{port: '22', protocol: TCP}]}]}]}").Expect("""
            backend from host tcp/22 deny
            backend from host tcp/23 host
            """);

    [Fact]
    public void Denying_everybody_denies_strangers_too() =>
        Of("{endpointSelector: {}, ingress: [{fromEntities: [all]}], ingressDeny: [{toPorts: [{ports: [{port: '22', protocol: TCP}]}]}]}").Expect("""
            backend from stranger tcp/22 deny
            backend from host tcp/22 deny
            backend from stranger tcp/23 allow
            """);

    [Fact]
    public void A_deny_of_another_policy_counts()
    {
        var scenario = Of("{endpointSelector: {}, ingress: [{fromEntities: [all]}]}");
        scenario.Apply("""
            apiVersion: cilium.io/v2
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: lockdown}
            spec: {endpointSelector: {}, ingressDeny: [{fromEntities: [world]}]}
            """);
        scenario.Expect("""
            backend from 1.2.3.4 tcp/80 deny
            backend from frontend tcp/80 allow
            """);
    }

    [Fact]
    public void A_deny_only_policy_is_default_deny() => Of("{endpointSelector: {}, ingressDeny: [{fromEntities: [world]}]}").Expect("""
        backend from world tcp/80 deny
        backend from frontend tcp/80 drop
        """);

    [Fact]
    public void Without_default_deny_only_the_denied_is_denied() =>
        Of("{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [host]}], ingressDeny: [{fromEntities: [world]}]}").Expect("""
            backend from world tcp/80 deny
            backend from frontend tcp/80 open
            backend from stranger tcp/80 open
            backend from host tcp/80 allow
            """);

    [Fact]
    public void One_policy_with_default_deny_is_enough()
    {
        var scenario = Of("{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [host]}]}");
        scenario.Apply("""
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: closed}
            spec: {endpointSelector: {matchLabels: {app: backend}}, ingress: [{fromEndpoints: [{matchLabels: {app: idle}}]}]}
            """);
        scenario.Expect("""
            backend from frontend tcp/80 drop
            backend from idle tcp/80 allow
            frontend from idle tcp/80 open
            """);
    }

    [Fact]
    public void Default_deny_of_the_other_direction_can_be_asked_for() =>
        Of("{endpointSelector: {}, enableDefaultDeny: {egress: true}, ingress: [{fromEntities: [all]}]}").Expect("""
            backend to frontend tcp/80 drop
            backend from frontend tcp/80 allow
            """);

    [Fact]
    public void Several_specs_in_one_policy() => new Scenario("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: many}
        specs:
        - endpointSelector: {matchLabels: {app: backend}}
          ingress: [{fromEndpoints: [{matchLabels: {app: frontend}}]}]
        - endpointSelector: {matchLabels: {app: frontend}}
          egress: [{toEndpoints: [{matchLabels: {app: backend}}]}]
        """).Expect("""
        backend from frontend tcp/80 allow specs[0].ingress[0]
        frontend to backend tcp/80 allow specs[1].egress[0]
        frontend to idle tcp/80 drop
        backend to idle tcp/80 open
        """);

    [Fact]
    public void Metadata_of_a_rule_changes_no_verdict() =>
        Of("{description: text, labels: [{key: a, source: k8s, value: b}], log: {value: seen}, endpointSelector: {}, ingress: [{fromEntities: [all]}]}")
            .Expect("backend from frontend tcp/80 allow");

    [Fact]
    public void Groups_of_prefixes_by_name_and_label()
    {
        var scenario = Of("""{endpointSelector: {}, egress: [{toCIDRSet: [{cidrGroupRef: office, except: [10.1.0.0/16]}]}, {toCIDRSet: [{cidrGroupSelector: {matchLabels: {kind: vpn}}}]}]}""");
        scenario.Expect("backend to 10.2.0.1 tcp/80 drop");
        scenario.Apply("""
            apiVersion: cilium.io/v2
            kind: CiliumCIDRGroup
            metadata: {name: office}
            spec: {externalCIDRs: [10.0.0.0/8]}
            ---
            apiVersion: cilium.io/v2alpha1
            kind: CiliumCIDRGroup
            metadata: {name: vpn-a, labels: {kind: vpn}}
            spec: {externalCIDRs: [172.16.0.0/12]}
            """);
        scenario.Expect("""
            backend to 10.2.0.1 tcp/80 allow egress[0]
            backend to 10.1.0.1 tcp/80 drop
            backend to 172.16.0.1 tcp/80 allow egress[1]
            """);
        Assert.True(scenario.Engine.RemovePolicy("CiliumCIDRGroup//office"));
        scenario.Expect("""
            backend to 10.2.0.1 tcp/80 drop
            backend to 172.16.0.1 tcp/80 allow
            """);
    }

    [Theory]
    [InlineData("{key: k8s:io.kubernetes.pod.namespace, operator: NotIn, values: [data]}")]
    [InlineData("{key: io.kubernetes.pod.namespace, operator: NotIn, values: [data]}")]
    [InlineData("{key: io.cilium.k8s.namespace.labels.team, operator: NotIn, values: [storage]}")]
    public void Not_in_a_namespace_is_also_what_has_none(string expression) =>
        Of($$"""{endpointSelector: {}, ingress: [{fromEndpoints: [{matchExpressions: [{{expression}}]}]}]}""").Expect("""
            backend from frontend tcp/80 allow
            backend from frontend@data tcp/80 drop
            backend from world tcp/80 allow
            backend from remote-node tcp/80 allow
            """);
}
