namespace Axoneme.Policy.Tests;

/// <summary>What is refused, where the error points, and what it says.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("toPorts: [{ports: [{port: '65536'}]}]", "toPorts[0].ports[0].port", "\"65536\" is not a port")]
    [InlineData("toPorts: [{ports: [{port: 80}]}]", "toPorts[0].ports[0].port", "write \"80\" in quotes")]
    [InlineData("toPorts: [{ports: [{port: '80', endPort: 79}]}]", "toPorts[0].ports[0].endPort", "79 comes before port 80")]
    [InlineData("toPorts: [{ports: [{port: '80', endPort: 70000}]}]", "toPorts[0].ports[0].endPort", "from 0 to 65535")]
    [InlineData("toPorts: [{ports: [{port: '0', endPort: 90}]}]", "toPorts[0].ports[0].endPort", "cannot go with port 0")]
    [InlineData("toPorts: [{ports: [{protocol: VRRP, endPort: 90}]}]", "toPorts[0].ports[0].endPort", "VRRP has no ports; remove it")]
    [InlineData("toPorts: [{ports: [{port: a_b}]}]", "toPorts[0].ports[0].port", "neither a port number nor a port name")]
    [InlineData("toPorts: [{ports: [{port: '-1'}]}]", "toPorts[0].ports[0].port", "neither a port number nor a port name")]
    [InlineData("toPorts: [{ports: [{protocol: TCP}]}]", "toPorts[0].ports[0].port", "is missing")]
    [InlineData("toPorts: [{ports: [{port: '80', protocol: TPC}]}]", "toPorts[0].ports[0].protocol", "must be TCP, UDP, SCTP, VRRP, IGMP or ANY")]
    [InlineData("toPorts: [{ports: [{port: '80', protocol: tcp}]}]", "toPorts[0].ports[0].protocol", "in capitals, is \"tcp\"")]
    [InlineData("toPorts: [{ports: [{port: '80', protocol: ''}]}]", "toPorts[0].ports[0].protocol", "in capitals, is \"\"")]
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
    [InlineData("fromNodes: [{matchLabels: {a: b c}}]", "fromNodes[0].matchLabels.a", "is not a label value")]
    [InlineData("fromNodes: [{}], fromEntities: [world]", "fromEntities", "cannot go with fromNodes")]
    [InlineData("fromServices: [{}]", "fromServices", "no such field here")]
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
    [InlineData("auth: {type: 'null'}", "auth", "write authentication: {mode: required}")]
    [InlineData("authentication: {}", "authentication.mode", "must be disabled, required or test-always-fail, is missing")]
    [InlineData("authentication: {mode: Required}", "authentication.mode", "is \"Required\"")]
    [InlineData("authentication: {mode: required, type: spire}", "authentication.type", "no such field here")]
    public void Ingress_rules(string rule, string path, string message) =>
        Written.Refused(Written.ParseSpec($$"""{endpointSelector: {}, ingress: [{fromEntities: [host]}, { {{rule}} }]}"""), "spec.ingress[1]." + path, message);

    [Theory]
    [InlineData("toPorts: [{ports: [{port: '80'}], rules: {http: []}}]", "toPorts[0].rules")]
    [InlineData("authentication: {mode: required}", "authentication")]
    [InlineData("toPorts: [{ports: [{port: '80'}], serverNames: [a]}]", "toPorts[0].serverNames")]
    [InlineData("toPorts: [{ports: [{port: '80'}], terminatingTLS: {}}]", "toPorts[0].terminatingTLS")]
    [InlineData("toPorts: [{ports: [{port: '80'}], originatingTLS: {}}]", "toPorts[0].originatingTLS")]
    [InlineData("toPorts: [{ports: [{port: '80'}], listener: {}}]", "toPorts[0].listener")]
    public void Deny_rules_have_no_inner_rules(string rule, string path) =>
        Written.Refused(Written.ParseSpec($$"""{endpointSelector: {}, ingressDeny: [{ {{rule}} }]}"""), "spec.ingressDeny[0]." + path, "no such field here");

    [Theory]
    [InlineData("{ingress: []}", "spec.endpointSelector", "is missing; write {}")]
    [InlineData("{endpointSelector: , ingress: []}", "spec.endpointSelector", "is missing")]
    [InlineData("{endpointSelector: {}}", "spec", "has no rules")]
    [InlineData("{endpointSelector: {}, ingres: [], egress: []}", "spec.ingres", "did you mean ingress?")]
    [InlineData("{endpointSelector: {}, ingress: {}}", "spec.ingress", "must be a list")]
    [InlineData("{endpointSelector: {}, ingress: [], enableDefaultDeny: {ingress: 'yes'}}", "spec.enableDefaultDeny.ingress", "must be true or false")]
    [InlineData("{endpointSelector: {}, ingress: [], description: 5}", "spec.description", "must be text")]
    [InlineData("{endpointSelector: {}, ingress: [], labels: [{source: k8s}]}", "spec.labels[0].key", "is missing")]
    [InlineData("{endpointSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: other}}, ingress: []}", "spec.endpointSelector", "applies only to its own, shop")]
    [InlineData("{nodeSelector: {}, ingress: []}", "spec.nodeSelector", "write a CiliumClusterwideNetworkPolicy for nodes")]
    [InlineData("{endpointSelector: {}, ingress: [], log: {value: 5}}", "spec.log.value", "must be text")]
    [InlineData("{endpointSelector: {}, ingress: [], log: {text: a}}", "spec.log.text", "no such field here; known are value")]
    [InlineData("{endpointSelector: {}, ingress: [], log: {value: 123456789012345678901234567890123}}", "spec.log.value", "must be text")]
    [InlineData("{endpointSelector: {}, ingress: [], log: {value: '123456789012345678901234567890123'}}", "spec.log.value", "at most 32 characters")]
    [InlineData("{endpointSelector: {}, ingress: [], log: {value: \"a\\nb\"}}", "spec.log.value", "cannot be printed")]
    [InlineData("{endpointSelector: {}, ingress: [], log: {value: \"a\\u200bb\"}}", "spec.log.value", "cannot be printed")]
    [InlineData("{endpointSelector: {}, ingress: [], labels: [{key: a, colour: red}]}", "spec.labels[0].colour", "no such field here")]
    [InlineData("{endpointSelector: {}, ingress: [], enableDefaultDeny: {egres: true}}", "spec.enableDefaultDeny.egres", "did you mean egress?")]
    [InlineData("text", "spec", "must be an object")]
    public void Specs(string spec, string path, string message) => Written.Refused(Written.ParseSpec(spec), path, message);

    [Theory]
    [InlineData("{nodeSelector: {}, endpointSelector: {}, ingress: []}", "spec.endpointSelector", "cannot go with nodeSelector")]
    [InlineData("{nodeSelector: {matchLabels: {a: b c}}, ingress: []}", "spec.nodeSelector.matchLabels.a", "is not a label value")]
    [InlineData("{nodeSelector: x, ingress: []}", "spec.nodeSelector", "must be an object")]
    [InlineData("{nodeSelector: {}, ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{}]}}]}]}", "spec.ingress[0].toPorts[0].rules", "where DNS rules alone are supported")]
    [InlineData("{nodeSelector: {}, egress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {l7proto: a}}]}]}", "spec.egress[0].toPorts[0].rules", "where DNS rules alone are supported")]
    [InlineData("{nodeSelector: {}, ingress: [{toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchPattern: '*'}]}}]}]}", "spec.ingress[0].toPorts[0].rules.dns", "only be in egress rules")]
    public void Policies_for_nodes(string spec, string path, string message) => Written.Refused(Written.ParseSpec(spec, clusterwide: true), path, message);

    [Theory]
    [InlineData("egress", "toServices: [{}]", "toServices[0]", "exactly one of k8sService and k8sServiceSelector")]
    [InlineData("egress", "toServices: [{k8sService: {serviceName: a}, k8sServiceSelector: {selector: {}}}]", "toServices[0]", "exactly one of")]
    [InlineData("egress", "toServices: [{k8sService: {namespace: a}}]", "toServices[0].k8sService.serviceName", "is missing")]
    [InlineData("egress", "toServices: [{k8sService: {serviceName: a, namespace: A}}]", "toServices[0].k8sService.namespace", "is not a namespace name")]
    [InlineData("egress", "toServices: [{k8sService: {serviceName: a, name: b}}]", "toServices[0].k8sService.name", "no such field here")]
    [InlineData("egress", "toServices: [{k8sServiceSelector: {namespace: a}}]", "toServices[0].k8sServiceSelector.selector", "is missing")]
    [InlineData("egress", "toServices: [{k8sServiceSelector: {selector: {matchLabels: {k8s:a: b}}}}]", "toServices[0].k8sServiceSelector.selector.matchLabels.k8s:a", "is not a label key")]
    [InlineData("egress", "toServices: [{k8sService: {serviceName: a}}], toEntities: [world]", "toServices", "cannot go with toEntities")]
    [InlineData("egress", "toFQDNs: [{}]", "toFQDNs[0]", "exactly one of matchName and matchPattern")]
    [InlineData("egress", "toFQDNs: [{matchName: a, matchPattern: b}]", "toFQDNs[0]", "exactly one of")]
    [InlineData("egress", "toFQDNs: [{matchName: '*.a'}]", "toFQDNs[0].matchName", "is no DNS name")]
    [InlineData("egress", "toFQDNs: [{matchName: a..b}]", "toFQDNs[0].matchName", "between single dots")]
    [InlineData("egress", "toFQDNs: [{matchName: .a}]", "toFQDNs[0].matchName", "is no DNS name")]
    [InlineData("egress", "toFQDNs: [{matchName: ''}]", "toFQDNs[0].matchName", "is no DNS name")]
    [InlineData("egress", "toFQDNs: [{matchPattern: a+b}]", "toFQDNs[0].matchPattern", "and '*' for any of them")]
    [InlineData("egress", "toFQDNs: [{matchName: a, matchRegex: b}]", "toFQDNs[0].matchRegex", "no such field here")]
    [InlineData("egress", "toFQDNs: [{matchName: a}], toCIDR: [10.0.0.0/8]", "toFQDNs", "cannot go with toCIDR")]
    [InlineData("egressDeny", "toFQDNs: [{matchName: a}]", "toFQDNs", "cannot be denied")]
    [InlineData("egress", "toRequires: [{}]", "toRequires", "put its labels into toEndpoints, or deny the others with egressDeny")]
    [InlineData("egress", "toGroups: [{aws: {}}]", "toGroups", "CiliumCIDRGroup")]
    public void Egress_rules(string list, string rule, string path, string message) =>
        Written.Refused(Written.ParseSpec($$"""{endpointSelector: {}, {{list}}: [{ {{rule}} }]}"""), $"spec.{list}[0].{path}", message);

    [Fact]
    public void A_name_of_more_than_255_characters_is_no_DNS_name() =>
        Written.Refused(Written.ParseSpec($$"""{endpointSelector: {}, egress: [{toFQDNs: [{matchName: {{new string('a', 256)}}}]}]}"""), "spec.egress[0].toFQDNs[0].matchName", "at most 255");

    [Theory]
    [InlineData("toPorts", "ports", "{port: '1'}")]
    [InlineData("icmps", "fields", "{type: 8}")]
    public void Forty_ports_are_enough(string list, string members, string member)
    {
        Written.Rule("ingress", $$"""{{list}}: [{ {{members}}: [{{string.Join(',', Enumerable.Repeat(member, 40))}}]}]""");
        Written.Refused(
            Written.ParseSpec($$"""{endpointSelector: {}, ingress: [{ {{list}}: [{ {{members}}: [{{string.Join(',', Enumerable.Repeat(member, 41))}}]}]}]}"""),
            $"spec.ingress[0].{list}[0].{members}",
            $"has 41 members, at most 40 are allowed; spread them over several {list} members");
    }

    [Fact]
    public void Of_many_errors_the_first_hundred_are_told()
    {
        var errors = Written.ParseSpec($$"""{endpointSelector: {}, ingress: [{fromCIDR: [{{string.Join(',', Enumerable.Repeat("x", 250))}}]}]}""").Errors;
        Assert.Equal(101, errors.Count);
        Assert.Equal("spec.ingress[0].fromCIDR[99]", errors[99].FieldPath);
        Assert.Equal("has 150 more errors; correct these first", errors[100].ToString());
    }

    [Fact]
    public void Every_error_of_a_policy_is_reported()
    {
        var errors = Written.ParseSpec("{endpointSelector: {}, ingress: [{fromEntities: [a, b]}], egress: [{toCIDR: [c]}], colour: red}").Errors;
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
        Written.Refused(PolicyParser.Parse(json.RootElement), path, message);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("5")]
    public void What_is_no_object_is_no_policy(string text)
    {
        using var json = System.Text.Json.JsonDocument.Parse(text);
        Written.Refused(PolicyParser.Parse(json.RootElement), "", "must be an object");
    }

    [Fact]
    public void A_clusterwide_policy_has_no_namespace() => Written.Refused(
        Written.Parse("""
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
            Written.Parse($$"""
                {{header}}
                metadata: {name: a}
                spec: { podSelector: { } }
                """).Errors,
            error => error.FieldPath == path && error.Message.Contains(message, StringComparison.Ordinal));

    [Theory]
    [InlineData("{podSelector: {}, policyTypes: [ingress]}", "spec.policyTypes[0]", "must be Ingress or Egress")]
    [InlineData("{podSelector: {}, ingress: [{form: []}]}", "spec.ingress[0].form", "did you mean from?")]
    [InlineData("{podSelector: {}, ingress: [{from: [{}]}]}", "spec.ingress[0].from[0]", "names no peer")]
    [InlineData("{podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}", "spec.ingress[0].from[0].ipBlock", "cannot go with")]
    [InlineData("{podSelector: {}, ingress: [{from: [{ipBlock: {}}]}]}", "spec.ingress[0].from[0].ipBlock.cidr", "is missing")]
    [InlineData("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [12.0.0.0/8]}}]}]}", "spec.ingress[0].from[0].ipBlock.except[0]", "does not lie within")]
    [InlineData("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.0.0.0/8]}}]}]}", "spec.ingress[0].from[0].ipBlock.except[1]", "is the whole of its own prefix")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{port: 0}]}]}", "spec.ingress[0].ports[0].port", "from 1 to 65535")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{port: '80'}]}]}", "spec.ingress[0].ports[0].port", "without quotes")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 79}]}]}", "spec.ingress[0].ports[0].endPort", "comes before")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{endPort: 79}]}]}", "spec.ingress[0].ports[0].endPort", "needs port")]
    [InlineData("{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}", "spec.ingress[0].ports[0].protocol", "must be TCP, UDP or SCTP")]
    [InlineData("{podSelector: {matchLabels: {k8s:app: a}}}", "spec.podSelector.matchLabels.k8s:app", "is not a label key")]
    public void Network_policies(string spec, string path, string message) => Written.Refused(
        Written.Parse($$"""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: a}
            spec: {{spec}}
            """),
        path,
        message);

    [Fact]
    public void Cilium_takes_an_exception_that_leaves_nothing_of_its_prefix() =>
        Written.Rule("ingress", "fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.0.0.0/8]}]");

    [Theory]
    [InlineData("{a: 'b 10.0.0.0/8'}", "metadata.labels.a")]
    [InlineData("{'a,b': c}", "metadata.labels.a,b")]
    public void Labels_of_groups_are_checked(string labels, string path) => Written.Refused(
        Written.Parse($$"""
            apiVersion: cilium.io/v2
            kind: CiliumCIDRGroup
            metadata: {name: a, labels: {{labels}} }
            spec: {externalCIDRs: [10.0.0.0/8]}
            """),
        path,
        "is no label");

    [Fact]
    public void Groups_need_prefixes() => Written.Refused(
        Written.Parse("""
            apiVersion: cilium.io/v2
            kind: CiliumCIDRGroup
            metadata: {name: a}
            spec: {externalCIDRs: [10.0.0.0/8, x]}
            """),
        "spec.externalCIDRs[1]",
        "is not a prefix");
}
