using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests;

/// <summary>What is refused, where the error points, and what it says.</summary>
public sealed class PolicyRefusalTests
{
    private const string Namespaced = "CiliumNetworkPolicy";

    private static IReadOnlyList<PolicyError> ErrorsOf(string yaml)
    {
        var read = YamlDocuments.Read("test.yaml", yaml);
        Assert.Empty(read.Errors);
        var result = PolicyParser.Parse(Assert.Single(read.Documents).Body);
        Assert.Equal(result.Policy is null, result.Errors.Count > 0);
        return result.Errors;
    }

    private static IReadOnlyList<PolicyError> CiliumErrors(string spec, string kind = Namespaced) => ErrorsOf($$"""
        apiVersion: cilium.io/v2
        kind: {{kind}}
        metadata: {name: test}
        spec: {{spec}}
        """);

    private static void Refused(IReadOnlyList<PolicyError> errors, string path, string message)
    {
        var error = Assert.Single(errors);
        Assert.Equal(path, error.FieldPath);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("toPorts: [{ports: [{port: '65536'}]}]", "toPorts[0].ports[0].port", "65536 is not a port")]
    [InlineData("toPorts: [{ports: [{port: 80}]}]", "toPorts[0].ports[0].port", "write \"80\" in quotes")]
    [InlineData("toPorts: [{ports: [{port: '80', endPort: 79}]}]", "toPorts[0].ports[0].endPort", "79 comes before port 80")]
    [InlineData("toPorts: [{ports: [{port: '80', endPort: 70000}]}]", "toPorts[0].ports[0].endPort", "from 0 to 65535")]
    [InlineData("toPorts: [{ports: [{port: '0', endPort: 90}]}]", "toPorts[0].ports[0].endPort", "cannot go with port 0")]
    [InlineData("toPorts: [{ports: [{protocol: VRRP, endPort: 90}]}]", "toPorts[0].ports[0].endPort", "VRRP has no ports; remove it")]
    [InlineData("toPorts: [{ports: [{port: http, endPort: 90}]}]", "toPorts[0].ports[0].endPort", "named port")]
    [InlineData("toPorts: [{ports: [{port: a_b}]}]", "toPorts[0].ports[0].port", "neither a port number nor a port name")]
    [InlineData("toPorts: [{ports: [{port: '-1'}]}]", "toPorts[0].ports[0].port", "neither a port number nor a port name")]
    [InlineData("toPorts: [{ports: [{protocol: TCP}]}]", "toPorts[0].ports[0].port", "is missing")]
    [InlineData("toPorts: [{ports: [{port: '80', protocol: TPC}]}]", "toPorts[0].ports[0].protocol", "must be TCP, UDP, SCTP, VRRP, IGMP or ANY")]
    [InlineData("toPorts: [{ports: [{port: '80', protocol: ICMP}]}]", "toPorts[0].ports[0].protocol", "use icmps")]
    [InlineData("toPorts: [{ports: [{port: '80', protocol: VRRP}]}]", "toPorts[0].ports[0].port", "VRRP has no ports")]
    [InlineData("toPorts: [{port: '80'}]", "toPorts[0].port", "did you mean ports?")]
    [InlineData("toPorts: {ports: []}", "toPorts", "must be a list")]
    [InlineData("toPorts: ['80']", "toPorts[0]", "must be an object")]
    [InlineData("toPorts: [{ports: [{port: '80'}]}], icmps: [{fields: [{type: 8}]}]", "icmps", "cannot go with toPorts")]
    [InlineData("icmps: [{fields: [{type: 256}]}]", "icmps[0].fields[0].type", "256 is no ICMP type")]
    [InlineData("icmps: [{fields: [{type: PacketTooBig}]}]", "icmps[0].fields[0].type", "is no ICMP type of IPv4")]
    [InlineData("icmps: [{fields: [{family: IPv4}]}]", "icmps[0].fields[0].type", "is missing")]
    [InlineData("icmps: [{fields: [{type: 8, family: IP}]}]", "icmps[0].fields[0].family", "IPv4 or IPv6")]
    [InlineData("fromCIDR: [10.0.0.0/33]", "fromCIDR[0]", "is not a prefix")]
    [InlineData("fromCIDR: [10.0.0.1]", "fromCIDR[0]", "write 10.0.0.1/32")]
    [InlineData("fromCIDR: ['2001:db8::1']", "fromCIDR[0]", "write 2001:db8::1/128")]
    [InlineData("fromCIDR: [10.0/8]", "fromCIDR[0]", "is not a prefix")]
    [InlineData("fromCIDR: [10.0.0.0/08]", "fromCIDR[0]", "is not a prefix")]
    [InlineData("fromCIDR: ['::ffff:10.0.0.0/104']", "fromCIDR[0]", "is not a prefix")]
    [InlineData("fromCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/16]}]", "fromCIDRSet[0].except[0]", "does not lie within 10.0.0.0/8")]
    [InlineData("fromCIDRSet: [{cidr: 10.0.0.0/8, except: ['2001:db8::/32']}]", "fromCIDRSet[0].except[0]", "does not lie within")]
    [InlineData("fromCIDRSet: [{}]", "fromCIDRSet[0]", "exactly one of")]
    [InlineData("fromCIDRSet: [{cidr: 10.0.0.0/8, cidrGroupRef: a}]", "fromCIDRSet[0]", "exactly one of")]
    [InlineData("fromCIDRSet: [{cidrGroupRef: A_b}]", "fromCIDRSet[0].cidrGroupRef", "is not the name of a CiliumCIDRGroup")]
    [InlineData("fromEntities: [wrold]", "fromEntities[0]", "\"wrold\" is no entity")]
    [InlineData("fromEntities: world", "fromEntities", "must be a list")]
    [InlineData("fromEntities: [world], fromCIDR: [10.0.0.0/8]", "fromCIDR", "cannot go with fromEntities")]
    [InlineData("fromEndpoints: [{}], fromEntities: [world]", "fromEntities", "cannot go with fromEndpoints")]
    [InlineData("fromEndpoints: [{matchLabels: {app: 5}}]", "fromEndpoints[0].matchLabels.app", "write \"5\" in quotes")]
    [InlineData("fromEndpoints: [{matchLabels: {app: }}]", "fromEndpoints[0].matchLabels.app", "has no value")]
    [InlineData("fromEndpoints: [{matchLabels: {app: a b}}]", "fromEndpoints[0].matchLabels.app", "is not a label value")]
    [InlineData("fromEndpoints: [{matchLabels: {'a b': c}}]", "fromEndpoints[0].matchLabels.a b", "is not a label key")]
    [InlineData("fromEndpoints: [{matchLabels: {':app': c}}]", "fromEndpoints[0].matchLabels.:app", "empty source")]
    [InlineData("fromEndpoints: [{matchLabel: {app: c}}]", "fromEndpoints[0].matchLabel", "did you mean matchLabels?")]
    [InlineData("fromEndpoints: [{app: c}]", "fromEndpoints[0].app", "no such field here; known are matchExpressions, matchLabels")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: a, operator: in, values: [b]}]}]", "fromEndpoints[0].matchExpressions[0].operator", "must be In, NotIn")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: a, operator: In}]}]", "fromEndpoints[0].matchExpressions[0].values", "at least one value")]
    [InlineData("fromEndpoints: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]", "fromEndpoints[0].matchExpressions[0].values", "takes no values")]
    [InlineData("fromEndpoints: [{matchExpressions: [{operator: Exists}]}]", "fromEndpoints[0].matchExpressions[0].key", "is missing")]
    [InlineData("fromEndpoint: [{}]", "fromEndpoint", "did you mean fromEndpoints?")]
    [InlineData("toEndpoints: [{}]", "toEndpoints", "no such field here")]
    [InlineData("fromRequires: [{}]", "fromRequires", "put its labels into fromEndpoints")]
    [InlineData("fromGroups: [{aws: {}}]", "fromGroups", "CiliumCIDRGroup")]
    [InlineData("fromNodes: [{}]", "fromNodes", "not enforced yet")]
    [InlineData("authentication: {mode: required}", "authentication", "not enforced yet")]
    [InlineData("auth: {type: 'null'}", "auth", "no such field here")]
    [InlineData("toPorts: [{ports: [{port: '80'}], rules: {http: [{method: GET}]}}]", "toPorts[0].rules.http", "not enforced yet")]
    [InlineData("toPorts: [{ports: [{port: '80'}], rules: {kafka: [{topic: a}]}}]", "toPorts[0].rules.kafka", "not enforced yet")]
    [InlineData("toPorts: [{ports: [{port: '80'}], rules: {htpt: []}}]", "toPorts[0].rules.htpt", "did you mean http?")]
    [InlineData("toPorts: [{ports: [{port: '443'}], serverNames: [a.b]}]", "toPorts[0].serverNames", "not enforced yet")]
    [InlineData("toPorts: [{ports: [{port: '443'}], terminatingTLS: {secret: {name: a}}}]", "toPorts[0].terminatingTLS", "not enforced yet")]
    [InlineData("toPorts: [{ports: [{port: '443'}], originatingTLS: {secret: {name: a}}}]", "toPorts[0].originatingTLS", "not enforced yet")]
    [InlineData("toPorts: [{ports: [{port: '443'}], listener: {name: a, envoyConfig: {name: b}}}]", "toPorts[0].listener", "not enforced yet")]
    public void Ingress_rules(string rule, string path, string message) =>
        Refused(CiliumErrors($$"""{endpointSelector: {}, ingress: [{fromEntities: [host]}, { {{rule}} }]}"""), "spec.ingress[1]." + path, message);

    [Theory]
    [InlineData("toServices: [{k8sService: {serviceName: a, namespace: b}}]", "toServices")]
    [InlineData("toFQDNs: [{matchName: cilium.io}]", "toFQDNs")]
    [InlineData("toNodes: [{}]", "toNodes")]
    public void Egress_peers_that_are_not_enforced_yet(string rule, string path) =>
        Refused(CiliumErrors($$"""{endpointSelector: {}, egress: [{ {{rule}} }]}"""), "spec.egress[0]." + path, "not enforced yet");

    [Theory]
    [InlineData("toPorts: [{ports: [{port: '80'}], rules: {http: []}}]", "toPorts[0].rules")]
    [InlineData("authentication: {mode: required}", "authentication")]
    public void Deny_rules_have_no_inner_rules(string rule, string path) =>
        Refused(CiliumErrors($$"""{endpointSelector: {}, ingressDeny: [{ {{rule}} }]}"""), "spec.ingressDeny[0]." + path, "no such field here");

    [Theory]
    [InlineData("{ingress: []}", "spec.endpointSelector", "is missing; write {}")]
    [InlineData("{endpointSelector: , ingress: []}", "spec.endpointSelector", "is missing")]
    [InlineData("{endpointSelector: {}}", "spec", "has no rules")]
    [InlineData("{endpointSelector: {}, ingres: [], egress: []}", "spec.ingres", "did you mean ingress?")]
    [InlineData("{endpointSelector: {}, ingress: {}}", "spec.ingress", "must be a list")]
    [InlineData("{endpointSelector: {}, ingress: [], enableDefaultDeny: {ingress: 'yes'}}", "spec.enableDefaultDeny.ingress", "must be true or false")]
    [InlineData("{endpointSelector: {}, ingress: [], description: 5}", "spec.description", "must be text")]
    [InlineData("{endpointSelector: {}, ingress: [], labels: [{source: k8s}]}", "spec.labels[0].key", "is missing")]
    [InlineData("{endpointSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: other}}, ingress: []}", "spec.endpointSelector", "applies only to its own, default")]
    [InlineData("{nodeSelector: {}, ingress: []}", "spec.nodeSelector", "not enforced yet")]
    [InlineData("text", "spec", "must be an object")]
    public void Specs(string spec, string path, string message) => Refused(CiliumErrors(spec), path, message);

    [Fact]
    public void Every_error_of_a_policy_is_reported()
    {
        var errors = CiliumErrors("{endpointSelector: {}, ingress: [{fromEntities: [a, b]}], egress: [{toCIDR: [c]}], colour: red}");
        Assert.Equal(["spec.ingress[0].fromEntities[0]", "spec.ingress[0].fromEntities[1]", "spec.egress[0].toCIDR[0]", "spec.colour"], errors.Select(error => error.FieldPath));
    }

    [Theory]
    [InlineData("{}", "metadata.name", "is missing")]
    [InlineData("""{"name":"A"}""", "metadata.name", "is not a name")]
    [InlineData("""{"name":"a","namespace":"b.c"}""", "metadata.namespace", "is not a namespace name")]
    public void Metadata(string metadata, string path, string message)
    {
        using var json = System.Text.Json.JsonDocument.Parse("""
            {"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":METADATA,"spec":{"endpointSelector":{},"ingress":[]}}
            """.Replace("METADATA", metadata, StringComparison.Ordinal));
        Refused(PolicyParser.Parse(json.RootElement).Errors, path, message);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("5")]
    public void What_is_no_object_is_no_policy(string text)
    {
        using var json = System.Text.Json.JsonDocument.Parse(text);
        Refused(PolicyParser.Parse(json.RootElement).Errors, "", "must be an object");
    }

    [Fact]
    public void A_clusterwide_policy_has_no_namespace() => Refused(
        ErrorsOf("""
            apiVersion: cilium.io/v2
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: a, namespace: b}
            spec: {endpointSelector: {}, ingress: []}
            """),
        "metadata.namespace",
        "belongs to no namespace");

    [Theory]
    [InlineData("apiVersion: cilium.io/v1\nkind: CiliumNetworkPolicy", "apiVersion", "must be cilium.io/v2")]
    [InlineData("apiVersion: v1\nkind: NetworkPolicy", "apiVersion", "must be networking.k8s.io/v1")]
    [InlineData("apiVersion: cilium.io/v2\nkind: CiliumNetworkPolice", "kind", "must be one of")]
    public void Kinds_and_versions(string header, string path, string message) =>
        Assert.Contains(
            ErrorsOf($$"""
                {{header}}
                metadata: {name: a}
                spec: { podSelector: { } }
                """),
            error => error.FieldPath == path && error.Message.Contains(message, StringComparison.Ordinal));

    [Theory]
    [InlineData("{podSelector: {}, policyTypes: [ingress]}", "spec.policyTypes[0]", "must be Ingress or Egress")]
    [InlineData("{podSelector: {}, ingress: [{form: []}]}", "spec.ingress[0].form", "did you mean from?")]
    [InlineData("{podSelector: {}, ingress: [{from: [{}]}]}", "spec.ingress[0].from[0]", "names no peer")]
    [InlineData("{podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}", "spec.ingress[0].from[0].ipBlock", "cannot go with")]
    [InlineData("{podSelector: {}, ingress: [{from: [{ipBlock: {}}]}]}", "spec.ingress[0].from[0].ipBlock.cidr", "is missing")]
    [InlineData("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [12.0.0.0/8]}}]}]}", "spec.ingress[0].from[0].ipBlock.except[0]", "does not lie within")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{port: 0}]}]}", "spec.ingress[0].ports[0].port", "from 1 to 65535")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{port: '80'}]}]}", "spec.ingress[0].ports[0].port", "without quotes")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 79}]}]}", "spec.ingress[0].ports[0].endPort", "comes before")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{endPort: 79}]}]}", "spec.ingress[0].ports[0].endPort", "needs port")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}", "spec.ingress[0].ports[0].protocol", "must be TCP, UDP or SCTP")]
    [InlineData("{podSelector: {matchLabels: {k8s:app: a}}}", "spec.podSelector.matchLabels.k8s:app", "is not a label key")]
    public void Network_policies(string spec, string path, string message) => Refused(
        ErrorsOf($$"""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: a}
            spec: {{spec}}
            """),
        path,
        message);

    [Fact]
    public void Groups_need_prefixes() => Refused(
        ErrorsOf("""
            apiVersion: cilium.io/v2
            kind: CiliumCIDRGroup
            metadata: {name: a}
            spec: {externalCIDRs: [10.0.0.0/8, x]}
            """),
        "spec.externalCIDRs[1]",
        "is not a prefix");
}
