namespace Axoneme.Policy.Tests;

/// <summary>Kubernetes' NetworkPolicy, as its documentation and API reference define it.</summary>
public sealed class NetworkPolicyTests
{
    private static Scenario Of(string spec, string ns = "default") => new($$"""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: test, namespace: {{ns}}}
        spec: {{spec}}
        """);

    [Fact]
    public void Without_any_policy_everything_is_open() => new Scenario("").Expect("""
        backend from frontend tcp/80 open
        backend from 1.2.3.4 tcp/80 open
        backend to world tcp/80 open
        """);

    [Fact]
    public void Default_deny_ingress_drops_all_but_the_own_node() => Of("{podSelector: {}, policyTypes: [Ingress]}").Expect("""
        backend from frontend tcp/80 drop
        backend from idle icmp/8 drop
        backend from 1.2.3.4 tcp/80 drop
        backend from stranger tcp/80 drop
        backend from remote-node tcp/80 drop
        backend from host tcp/80 host
        backend to frontend tcp/80 open
        db from frontend tcp/80 open
        """);

    [Fact]
    public void Default_deny_egress_leaves_ingress_alone() => Of("{podSelector: {}, policyTypes: [Egress]}").Expect("""
        backend to frontend tcp/80 drop
        backend to host tcp/80 drop
        backend from frontend tcp/80 open
        """);

    [Fact]
    public void Without_policyTypes_ingress_is_meant() => Of("{podSelector: {}}").Expect("""
        backend from frontend tcp/80 drop
        backend to frontend tcp/80 open
        """);

    [Fact]
    public void Without_policyTypes_egress_is_meant_when_there_are_egress_rules() => Of("{podSelector: {}, egress: [{}]}").Expect("""
        backend from frontend tcp/80 drop
        backend to frontend tcp/80 allow egress[0]
        """);

    [Fact]
    public void Rules_of_a_direction_policyTypes_leaves_out_do_nothing() =>
        Of("{podSelector: {}, policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}]}").Expect("""
            backend from frontend tcp/80 open
            backend from db tcp/80 open
            backend to db tcp/80 drop
            """);

    [Fact]
    public void An_absent_podSelector_means_all_pods_of_the_namespace() => Of("{policyTypes: [Ingress]}").Expect("""
        backend from frontend tcp/80 drop
        db from frontend tcp/80 open
        """);

    [Fact]
    public void An_empty_rule_allows_everything() => Of("{podSelector: {}, ingress: [{}]}").Expect("""
        backend from frontend tcp/80 allow
        backend from stranger udp/1 allow
        backend from 1.2.3.4 icmp/8 allow
        backend from host tcp/1 allow
        """);

    [Fact]
    public void An_empty_from_list_allows_every_source() => Of("{podSelector: {}, ingress: [{from: [], ports: [{port: 80}]}]}").Expect("""
        backend from stranger tcp/80 allow
        backend from 1.2.3.4 tcp/80 allow
        backend from 1.2.3.4 tcp/81 drop
        backend from 1.2.3.4 udp/80 drop
        """);

    [Fact]
    public void An_empty_ingress_list_allows_nothing() => Of("{podSelector: {}, ingress: []}").Expect("backend from frontend tcp/80 drop");

    [Fact]
    public void The_subject_is_chosen_by_label() => Of("{podSelector: {matchLabels: {app: backend}}}").Expect("""
        backend from frontend tcp/80 drop
        idle from frontend tcp/80 open
        """);

    [Fact]
    public void A_podSelector_peer_means_pods_of_the_policys_namespace() =>
        Of("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: frontend}}}]}]}").Expect("""
            backend from frontend tcp/80 allow ingress[0]
            backend from frontend icmp/8 allow
            backend from frontend@data tcp/80 drop
            backend from frontend@other tcp/80 drop
            backend from idle tcp/80 drop
            backend from 1.2.3.4 tcp/80 drop
            """);

    [Fact]
    public void An_empty_podSelector_peer_means_all_pods_of_the_namespace() => Of("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}").Expect("""
        backend from frontend tcp/80 allow
        backend from idle tcp/80 allow
        backend from db tcp/80 drop
        backend from world tcp/80 drop
        """);

    [Fact]
    public void A_namespaceSelector_peer_means_all_pods_of_those_namespaces() =>
        Of("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: storage}}}]}]}").Expect("""
            backend from db tcp/80 allow
            backend from frontend@data tcp/80 allow
            backend from frontend@other tcp/80 drop
            backend from frontend tcp/80 drop
            """);

    [Fact]
    public void An_empty_namespaceSelector_means_every_pod_and_nothing_else() =>
        Of("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}").Expect("""
            backend from db tcp/80 allow
            backend from frontend tcp/80 allow
            backend from world tcp/80 drop
            backend from remote-node tcp/80 drop
            backend from 1.2.3.4 tcp/80 drop
            """);

    [Fact]
    public void A_namespace_is_selected_by_its_name_label() =>
        Of("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}]}]}").Expect("""
            backend from db tcp/80 allow
            backend from frontend@other tcp/80 drop
            """);

    [Fact]
    public void NotIn_on_namespaces_does_not_select_the_world() =>
        Of("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [storage]}]}}]}]}").Expect("""
            backend from frontend@other tcp/80 allow
            backend from frontend tcp/80 allow
            backend from db tcp/80 drop
            backend from world tcp/80 drop
            backend from 1.2.3.4 tcp/80 drop
            backend from remote-node tcp/80 drop
            """);

    [Fact]
    public void Both_selectors_in_one_peer_must_hold() =>
        Of("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: storage}}, podSelector: {matchLabels: {app: frontend}}}]}]}").Expect("""
            backend from frontend@data tcp/80 allow
            backend from frontend tcp/80 drop
            backend from db tcp/80 drop
            """);

    [Fact]
    public void Two_peers_are_alternatives() =>
        Of("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: storage}}}, {podSelector: {matchLabels: {app: frontend}}}]}]}").Expect("""
            backend from frontend@data tcp/80 allow
            backend from frontend tcp/80 allow
            backend from db tcp/80 allow
            backend from idle tcp/80 drop
            """);

    [Theory]
    [InlineData("{key: app, operator: In, values: [frontend, idle]}", "allow", "allow", "drop")]
    [InlineData("{key: app, operator: NotIn, values: [frontend]}", "drop", "allow", "allow")]
    [InlineData("{key: tier, operator: Exists}", "allow", "drop", "allow")]
    [InlineData("{key: tier, operator: DoesNotExist}", "drop", "allow", "drop")]
    [InlineData("{key: tier, operator: NotIn, values: [web]}", "drop", "allow", "allow")]
    public void Match_expressions(string expression, string frontend, string idle, string backend) =>
        Of($$$"""{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{{{expression}}}]}}]}]}""").Expect($"""
            idle from frontend tcp/80 {frontend}
            idle from idle tcp/80 {idle}
            idle from backend tcp/80 {backend}
            """);

    [Fact]
    public void An_ipBlock_leaves_its_exceptions_out() =>
        Of("{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}").Expect("""
            backend to 10.2.3.4 tcp/80 allow
            backend to 10.1.2.3 tcp/80 drop
            backend to 11.0.0.1 tcp/80 drop
            backend to frontend tcp/80 drop
            backend to host tcp/80 drop
            backend to world tcp/80 drop
            """);

    [Fact]
    public void An_ipBlock_of_everything_is_the_world_of_its_family() =>
        Of("{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [192.168.0.0/16]}}]}]}").Expect("""
            backend to 8.8.8.8 tcp/53 allow
            backend to 192.168.1.1 tcp/53 drop
            backend to 2001:db8::1 tcp/53 drop
            backend to frontend tcp/53 drop
            backend to remote-node tcp/53 drop
            """);

    [Fact]
    public void Ports_default_to_tcp_and_an_absent_port_means_all_of_its_protocol() =>
        Of("{podSelector: {}, ingress: [{ports: [{port: 80}, {protocol: UDP}, {protocol: SCTP, port: 7}]}]}").Expect("""
            backend from idle tcp/80 allow
            backend from idle tcp/81 drop
            backend from idle udp/1 allow
            backend from idle udp/65535 allow
            backend from idle sctp/7 allow
            backend from idle sctp/8 drop
            backend from idle icmp/8 drop
            """);

    [Fact]
    public void EndPort_makes_a_range_with_both_ends() =>
        Of("{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8010}]}]}").Expect("""
            backend from idle tcp/7999 drop
            backend from idle tcp/8000 allow
            backend from idle tcp/8010 allow
            backend from idle tcp/8011 drop
            """);

    [Fact]
    public void A_named_port_means_the_receiving_pods_port_on_ingress() => Of("{podSelector: {}, ingress: [{ports: [{port: http}]}]}").Expect("""
        backend from frontend tcp/8080 allow
        backend from frontend tcp/80 drop
        idle from frontend tcp/8080 drop
        """);

    [Fact]
    public void A_named_port_means_the_receiving_pods_port_on_egress() =>
        Of("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}").Expect("""
            frontend to backend tcp/8080 allow
            frontend to backend tcp/5432 drop
            frontend to db tcp/5432 allow
            frontend to db tcp/8080 drop
            frontend to idle tcp/8080 drop
            frontend to world tcp/8080 drop
            """);

    [Fact]
    public void A_named_port_needs_the_right_protocol() => Of("{podSelector: {}, ingress: [{ports: [{port: dns}, {port: http, protocol: UDP}]}]}").Expect("""
        backend from frontend udp/5353 drop
        backend from frontend tcp/5353 drop
        backend from frontend udp/8080 drop
        """);

    [Fact]
    public void Policies_add_up()
    {
        var scenario = Of("{podSelector: {}, policyTypes: [Ingress]}");
        scenario.Apply("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec: {podSelector: {matchLabels: {app: backend}}, ingress: [{from: [{podSelector: {matchLabels: {app: frontend}}}], ports: [{port: 80}]}]}
            """);
        scenario.Expect("""
            backend from frontend tcp/80 allow
            backend from frontend tcp/81 drop
            idle from frontend tcp/80 drop
            """);
    }

    [Fact]
    public void An_endpoint_without_labels_yet_is_closed_until_a_policy_opens_it() => new Scenario("").Expect("""
        init from frontend tcp/80 drop
        init from host tcp/80 host
        init to frontend tcp/80 drop
        """);
}
