using System.Collections.Immutable;

namespace Axoneme.Policy.Tests;

/// <summary>What a <c>toPorts</c> member asks beyond ports.</summary>
public sealed class InspectionTests
{
    private const string Tls = "terminatingTLS: {secret: {name: cert}}";

    [Theory]
    [InlineData("rules: {http: []}")]
    [InlineData("rules: {kafka: []}")]
    [InlineData("rules: {dns: []}")]
    [InlineData("rules: ")]
    [InlineData("listener: ")]
    public void An_empty_list_of_rules_asks_nothing(string parts) => Assert.Null(Written.Inspection(parts));

    [Theory]
    [InlineData("rules: {http: [{}]}", InspectionProtocol.Http, true)]
    [InlineData("rules: {http: [{method: GET}]}", InspectionProtocol.Http, false)]
    [InlineData("rules: {http: [{method: GET}, {}]}", InspectionProtocol.Http, true)]
    [InlineData("rules: {http: [{headerMatches: [{name: a, mismatch: LOG}]}]}", InspectionProtocol.Http, true)]
    [InlineData("rules: {kafka: [{}]}", InspectionProtocol.Kafka, true)]
    [InlineData("rules: {kafka: [{topic: a}]}", InspectionProtocol.Kafka, false)]
    [InlineData("rules: {dns: [{matchPattern: '*'}]}", InspectionProtocol.Dns, true)]
    [InlineData("rules: {dns: [{matchPattern: '*.a'}]}", InspectionProtocol.Dns, false)]
    [InlineData("rules: {http: [{}, {headerMatches: [{name: a, value: b, mismatch: ADD}]}]}", InspectionProtocol.Http, false)]
    [InlineData("rules: {http: [{headerMatches: [{name: a, mismatch: DELETE}]}]}", InspectionProtocol.Http, false)]
    [InlineData("rules: {http: [{headerMatches: [{name: a, value: b, mismatch: REPLACE}]}]}", InspectionProtocol.Http, false)]
    [InlineData("rules: {l7proto: r2d2}", InspectionProtocol.KeyValue, true)]
    [InlineData("rules: {l7proto: r2d2, l7: [{}]}", InspectionProtocol.KeyValue, true)]
    [InlineData("rules: {l7proto: r2d2, l7: [{cmd: READ}]}", InspectionProtocol.KeyValue, false)]
    [InlineData("serverNames: [a.b]", InspectionProtocol.Tls, false)]
    [InlineData(Tls, InspectionProtocol.Tls, false)]
    [InlineData("rules: {http: []}, " + Tls, InspectionProtocol.Http, false)]
    [InlineData("listener: {name: a, envoyConfig: {name: b}}", InspectionProtocol.Tls, false)]
    public void What_is_asked_says_which_protocol_is_read_and_whether_a_proxy_is_needed(string parts, InspectionProtocol protocol, bool mayPassUninspected)
    {
        var inspection = Written.Inspection(parts);
        Assert.NotNull(inspection);
        Assert.Equal((protocol, mayPassUninspected), (inspection.Protocol, inspection.MayPassUninspected));
    }

    [Theory]
    [InlineData("terminatingTLS", "{secret: {name: cert, namespace: vault}, trustedCA: a, certificate: b, privateKey: c}", "vault", "a b c")]
    [InlineData("terminatingTLS", "{secret: {name: cert}}", "shop", "  ")]
    [InlineData("originatingTLS", "{secret: {name: cert, namespace: ''}, trustedCA: a}", "shop", "a  ")]
    public void TLS_contexts_name_a_secret(string field, string tls, string ns, string keys)
    {
        var inspection = Written.Inspection($"{field}: {tls}")!;
        var found = field == "terminatingTLS" ? inspection.TerminatingTls : inspection.OriginatingTls;
        Assert.Equal(new SecretReference(ns, "cert"), found!.Secret);
        Assert.Equal(keys, $"{found.TrustedCa} {found.Certificate} {found.PrivateKey}");
        Assert.Null(field == "terminatingTLS" ? inspection.OriginatingTls : inspection.TerminatingTls);
    }

    [Theory]
    [InlineData("{name: l, envoyConfig: {name: c}}", false, "CiliumEnvoyConfig", 0)]
    [InlineData("{name: l, envoyConfig: {name: c}, priority: 1}", true, "CiliumClusterwideEnvoyConfig", 1)]
    [InlineData("{name: l, envoyConfig: {name: c, kind: CiliumClusterwideEnvoyConfig}, priority: 100}", false, "CiliumClusterwideEnvoyConfig", 100)]
    public void A_listener_is_one_of_an_Envoy_configuration(string listener, bool clusterwide, string kind, int priority) => Assert.Equal(
        new ListenerReference(kind, "c", "l", priority),
        Written.Inspection($"listener: {listener}", clusterwide: clusterwide)!.Listener);

    [Theory]
    [InlineData("serverNames: [a.example.com, '*.b.example', '**.c.example']", "a.example.com x.b.example x.y.c.example A.EXAMPLE.COM", "b.example x.y.b.example c.example example.com")]
    public void Server_names_are_those_of_the_handshake(string parts, string permitted, string refused)
    {
        var inspection = Written.Inspection(parts)!;
        Assert.All(permitted.Split(' '), name => Assert.True(inspection.Permits(Http(name)), name));
        Assert.All(refused.Split(' '), name => Assert.False(inspection.Permits(Http(name)), name));
        Assert.False(inspection.Permits(Http(serverName: null)));
    }

    [Fact]
    public void With_termination_server_name_and_request_must_both_pass()
    {
        var inspection = Written.Inspection($$"""serverNames: [a.b], rules: {http: [{path: /ok}]}, {{Tls}}""")!;
        Assert.True(inspection.Permits(Http("a.b", "/ok")));
        Assert.False(inspection.Permits(Http("a.c", "/ok")));
        Assert.False(inspection.Permits(Http("a.b", "/no")));
    }

    [Fact]
    public void Equal_words_are_equal_inspections_unless_they_mean_something_of_a_namespace()
    {
        Assert.Equal(Written.Inspection("rules: {http: [{method: GET}]}"), Written.Inspection("rules: {http: [{method: GET}]}", "[{port: '81', protocol: TCP}]", clusterwide: true));
        Assert.NotEqual(Written.Inspection("rules: {http: [{method: GET}]}"), Written.Inspection("rules: {http: [{method: PUT}]}"));
        Assert.NotEqual(Written.Inspection(Tls), Written.Inspection(Tls, clusterwide: true));
        Assert.NotEqual(Written.Inspection("serverNames: [a]"), Written.Inspection("serverNames: [b]"));
    }

    [Theory]
    [InlineData("rules: {}", "rules", "needs one of http, kafka, dns and l7proto")]
    [InlineData("rules: {http: [{}], kafka: [{}]}", "rules", "has rules of several protocols")]
    [InlineData("rules: {http: [], l7proto: a}", "rules", "has rules of several protocols")]
    [InlineData("rules: {htpt: []}, serverNames: []", "rules.htpt", "did you mean http?")]
    [InlineData("rules: {http: {}}", "rules.http", "must be a list")]
    [InlineData("rules: {l7: [{a: b}]}", "rules.l7proto", "is missing")]
    [InlineData("rules: {l7proto: a, l7: [{'': b}]}", "rules.l7[0]", "has an empty key")]
    [InlineData("rules: {l7proto: a, l7: [{b: 5}]}", "rules.l7[0].b", "write \"5\" in quotes")]
    [InlineData("rules: {l7proto: a, l7: [{b: }]}", "rules.l7[0].b", "has no value")]
    [InlineData("serverNames: []", "serverNames", "is empty")]
    [InlineData("serverNames: [a, a]", "serverNames[1]", "is written twice")]
    [InlineData("serverNames: ['']", "serverNames[0]", "is no DNS name")]
    [InlineData("serverNames: ['a.*.b']", "serverNames[0]", "is no DNS name")]
    [InlineData("serverNames: ['*']", "serverNames[0]", "is no DNS name")]
    [InlineData("serverNames: ['*.']", "serverNames[0]", "is no DNS name")]
    [InlineData("serverNames: [a], rules: {http: [{}]}", "serverNames", "add terminatingTLS")]
    [InlineData("terminatingTLS: {}", "terminatingTLS.secret", "is missing")]
    [InlineData("originatingTLS: {secret: {}}", "originatingTLS.secret.name", "is missing")]
    [InlineData("originatingTLS: {secret: {name: a, key: b}}", "originatingTLS.secret.key", "no such field here")]
    [InlineData("originatingTLS: {secret: {name: a}, k8sSecret: b}", "originatingTLS.k8sSecret", "no such field here")]
    [InlineData("listener: {envoyConfig: {name: b}}", "listener.name", "is missing")]
    [InlineData("listener: {name: ''  , envoyConfig: {name: b}}", "listener.name", "is missing")]
    [InlineData("listener: {name: a}", "listener.envoyConfig", "is missing")]
    [InlineData("listener: {name: a, envoyConfig: {}}", "listener.envoyConfig.name", "is missing")]
    [InlineData("listener: {name: a, envoyConfig: {name: b, kind: Envoy}}", "listener.envoyConfig.kind", "must be CiliumEnvoyConfig or CiliumClusterwideEnvoyConfig")]
    [InlineData("listener: {name: a, envoyConfig: {name: b}, priority: 0}", "listener.priority", "from 1 to 100")]
    [InlineData("listener: {name: a, envoyConfig: {name: b}, priority: 101}", "listener.priority", "from 1 to 100")]
    [InlineData("listener: {name: a, envoyConfig: {name: b}}, rules: {http: [{}]}", "listener", "cannot go with rules")]
    public void Parts_are_refused_with_path_and_remedy(string parts, string path, string message) => Assert.Contains(
        Written.ParseSpec($$"""{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], {{parts}}}]}]}""").Errors,
        error => error.FieldPath == $"spec.egress[0].toPorts[0].{path}" && error.Message.Contains(message, StringComparison.Ordinal));

    [Theory]
    [InlineData("ingress", "[{port: '53'}]", "rules: {dns: [{matchPattern: '*'}]}", "rules.dns", "only be in egress rules")]
    [InlineData("ingress", "[{port: '80'}]", "listener: {name: a, envoyConfig: {name: b}}", "listener", "only be in egress rules")]
    [InlineData("egress", "[]", "rules: {dns: [{matchPattern: '*'}]}", "rules.dns", "needs a port")]
    [InlineData("egress", "[{port: '53', endPort: 54}]", "rules: {dns: [{matchPattern: '*'}]}", "ports[0].endPort", "cannot be a range")]
    [InlineData("egress", "[{port: '0', protocol: UDP}]", "rules: {dns: [{matchPattern: '*'}]}", "ports[0].port", "cannot be every port")]
    [InlineData("egress", "[{port: '53'}, {port: '54', protocol: SCTP}]", "rules: {dns: [{matchName: a}]}", "ports[1].protocol", "must be UDP, TCP or ANY")]
    [InlineData("egress", "[{protocol: VRRP}]", "rules: {dns: [{matchName: a}]}", "ports[0].protocol", "must be UDP, TCP or ANY")]
    [InlineData("ingress", "[{port: '80'}]", "rules: {http: [{}]}", "ports[0].protocol", "must be TCP under request rules")]
    [InlineData("ingress", "[{port: web, protocol: UDP}]", "rules: {http: [{}]}", "ports[0].protocol", "must be TCP under request rules")]
    [InlineData("ingress", "[{port: '80', protocol: TCP}, {port: '0', protocol: TCP}]", "rules: {kafka: [{}]}", "ports[1].port", "cannot be every port")]
    [InlineData("egress", "[{port: '80', protocol: UDP}]", "rules: {l7proto: a}", "ports[0].protocol", "must be TCP under request rules")]
    public void Request_rules_need_ports_a_proxy_can_read(string list, string ports, string parts, string path, string message) => Written.Refused(
        Written.ParseSpec($$"""{endpointSelector: {}, {{list}}: [{toPorts: [{ports: {{ports}}, {{parts}}}]}]}"""),
        $"spec.{list}[0].toPorts[0].{path}",
        message);

    [Fact]
    public void A_clusterwide_policy_cannot_use_a_listener_of_a_namespace() => Written.Refused(
        Written.ParseSpec("{endpointSelector: {}, egress: [{toPorts: [{listener: {name: a, envoyConfig: {name: b, kind: CiliumEnvoyConfig}}}]}]}", clusterwide: true),
        "spec.egress[0].toPorts[0].listener.envoyConfig.kind",
        "must be CiliumClusterwideEnvoyConfig");

    [Theory]
    [InlineData("[{port: '53'}]", "rules: {dns: [{matchName: a}]}")]
    [InlineData("[{port: dns, protocol: UDP}]", "rules: {dns: [{matchName: a}]}")]
    [InlineData("[{port: web, protocol: TCP}, {port: '80', endPort: 90, protocol: TCP}]", "rules: {http: [{}]}")]
    [InlineData("[]", "rules: {http: [{}]}")]
    public void Named_ports_and_ranges_go_with_rules(string ports, string parts) => Assert.NotNull(Written.Inspection(parts, ports));

    private static HttpRequest Http(string? serverName, string path = "/") => new("GET", path, "a.b", ImmutableArray<KeyValuePair<string, string>>.Empty, serverName);
}
