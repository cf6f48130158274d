using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy.Tests.WhatIf;

/// <summary>Pods in two namespaces, one identity whose pods name different ports, and addresses; and what a node would do to each flow.</summary>
internal static class SmallWorld
{
    public const uint Web = 1000;
    public const uint Api = 1001;
    public const uint Other = 1002;
    public const uint WebOfTwo = 1003;

    /// <summary>One address in every region that the generated policies can make.</summary>
    public static readonly IPAddress[] Addresses =
        [.. ((string[])["10.0.0.1", "10.1.0.1", "10.1.1.1", "10.1.1.129", "192.168.0.1", "8.8.8.8", "2001:db8::1"]).Select(IPAddress.Parse)];

    private static readonly NamedPort[] s_http = [new("http", IpProtocol.Tcp, 8080)];
    private static readonly NamedPort[] s_otherHttp = [new("http", IpProtocol.Tcp, 80)];

    public static PolicyWorld With(IEnumerable<KeyValuePair<string, PolicyObject>> policies) => new()
    {
        Identities = Identities,
        Endpoints = Endpoints,
        Policies = policies.ToImmutableDictionary(),
    };

    public static PolicyWorld With(string yaml) => With(Parse(yaml));

    public static ImmutableDictionary<string, PolicyObject> Parse(string yaml) => Scenario.ParseAll(yaml).ToImmutableDictionary(policy => policy.Key);

    private static ImmutableDictionary<uint, LabelSet> Identities { get; } = new Dictionary<uint, LabelSet>
    {
        [Web] = Labels("one", "web"),
        [Api] = Labels("one", "api"),
        [Other] = Labels("two", "other"),
        [WebOfTwo] = Labels("two", "web"),
        [ReservedIdentity.Host] = ReservedIdentity.LabelsOf(ReservedIdentity.Host),
        [ReservedIdentity.WorldIPv4] = ReservedIdentity.LabelsOf(ReservedIdentity.WorldIPv4),
        [ReservedIdentity.WorldIPv6] = ReservedIdentity.LabelsOf(ReservedIdentity.WorldIPv6),
    }.ToImmutableDictionary();

    private static ImmutableArray<PolicyEndpoint> Endpoints { get; } =
    [
        new("one/web-a", Web, [.. s_http]),
        new("one/web-b", Web, [.. s_otherHttp]),
        new("one/web-c", Web, [.. s_otherHttp]),
        new("one/api", Api, []),
        new("two/web", WebOfTwo, [.. s_http]),
    ];

    private static LabelSet Labels(string ns, string app) => PodLabels.IdentityLabels(ns, [new("app", app)], [], null, "default");
}
