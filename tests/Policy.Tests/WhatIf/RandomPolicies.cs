namespace Axoneme.Policy.Tests.WhatIf;

/// <summary>Policies for <see cref="SmallWorld"/> from a seed: every kind of peer and traffic, chosen so that they overlap.</summary>
internal sealed class RandomPolicies(int seed)
{
    private static readonly string[] Peers =
    [
        "Endpoints: [{}]",
        "Endpoints: [{matchLabels: {app: web}}]",
        "Endpoints: [{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}]",
        "Endpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: Exists}]}]",
        "Entities: [world]",
        "Entities: [host, remote-node]",
        "Entities: [all]",
        "CIDR: [10.0.0.0/8]",
        "CIDR: [10.1.0.0/16, 10.1.1.0/25]",
        "CIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]",
        "CIDRSet: [{cidr: 0.0.0.0/0, except: [10.1.1.0/24]}]",
        "CIDRSet: [{cidrGroupRef: group}]",
    ];

    private static readonly string[] Traffic =
    [
        "toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]",
        "toPorts: [{ports: [{port: \"70\", endPort: 90, protocol: TCP}, {port: \"53\", protocol: ANY}]}]",
        "toPorts: [{ports: [{port: http, protocol: TCP}]}]",
        "toPorts: [{ports: [{port: \"0\", protocol: UDP}]}]",
        "toPorts: [{ports: [{protocol: VRRP}]}]",
        "icmps: [{fields: [{type: 8}, {family: IPv6, type: 128}]}]",
    ];

    private const string Http = "toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: [{method: GET}]}}]";

    private readonly Random _random = new(seed);

    /// <summary>A set of policies by key.</summary>
    public Dictionary<string, PolicyObject> Next()
    {
        var texts = Enumerable.Range(0, _random.Next(1, 4)).Select(Policy).Append(Group());
        return texts.SelectMany(Scenario.ParseAll).ToDictionary(policy => policy.Key);
    }

    /// <summary>The same with one policy or group put in, replaced or removed.</summary>
    public Dictionary<string, PolicyObject> Change(IReadOnlyDictionary<string, PolicyObject> policies)
    {
        var changed = policies.ToDictionary();
        if (_random.Next(4) == 0)
        {
            changed.Remove(Pick([.. changed.Keys]));
            return changed;
        }

        var change = Scenario.ParseAll(_random.Next(4) == 0 ? Group() : Policy(_random.Next(4))).Single();
        changed[change.Key] = change;
        return changed;
    }

    private string Group() => $$"""
        apiVersion: cilium.io/v2
        kind: CiliumCIDRGroup
        metadata: {name: group}
        spec: {externalCIDRs: [{{Pick(["10.1.1.0/24", "10.1.1.128/25", "10.1.1.0/25, 10.1.1.128/25", "192.168.0.0/16"])}}]}
        """;

    private string Policy(int number) => $$"""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: p{{number}}, namespace: {{Pick(["one", "two"])}}}
        spec:
          endpointSelector: {{Pick(["{}", "{matchLabels: {app: web}}", "{matchLabels: {app: api}}"])}}
          enableDefaultDeny: {ingress: {{Pick(["null", "null", "true", "false"])}}, egress: {{Pick(["null", "null", "true", "false"])}}}
          ingress: [{{Rules("from", deny: false)}}]
          egress: [{{Rules("to", deny: false)}}]
          ingressDeny: [{{Rules("from", deny: true)}}]
          egressDeny: [{{Rules("to", deny: true)}}]
        """;

    private string Rules(string prefix, bool deny) => string.Join(", ", Enumerable.Range(0, _random.Next(deny ? 2 : 3)).Select(_ => Rule(prefix, deny)));

    private string Rule(string prefix, bool deny)
    {
        var fields = new List<string>();
        if (_random.Next(5) > 0)
        {
            fields.Add(prefix + Pick(Peers));
        }

        if (_random.Next(3) > 0)
        {
            fields.Add(!deny && _random.Next(5) == 0 ? Http : Pick(Traffic));
        }

        if (!deny && _random.Next(8) == 0)
        {
            fields.Add("authentication: {mode: required}");
        }

        return $"{{{string.Join(", ", fields)}}}";
    }

    private string Pick(string[] choices) => choices[_random.Next(choices.Length)];
}
