using System.Text.Json.Nodes;

namespace Axoneme.Policy.Tests;

/// <summary>Damaged policies are refused with a reason or accepted, and what is accepted can be enforced. AXONEME_CASES sets how many are tried.</summary>
public sealed class PolicyParserFuzzTests
{
    private static readonly string[] Seeds =
    [
        """
        {"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"a","namespace":"b","labels":{"x":"y"}},
         "spec":{"endpointSelector":{"matchLabels":{"app":"web"}},"enableDefaultDeny":{"ingress":true},
          "ingress":[{"fromEndpoints":[{"matchLabels":{"k8s:app":"x"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}],"toPorts":[{"ports":[{"port":"80","endPort":90,"protocol":"TCP"}],"rules":{"http":[{"method":"GET"}]}}]}],
          "ingressDeny":[{"fromCIDRSet":[{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]},{"cidrGroupRef":"g"}]}],
          "egress":[{"toEntities":["world"],"icmps":[{"fields":[{"type":8,"family":"IPv4"}]}]},{"toFQDNs":[{"matchName":"a.b"}]}],
          "egressDeny":[{"toCIDR":["::/0"]}]}}
        """,
        """
        {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"a"},
         "spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress","Egress"],
          "ingress":[{"from":[{"podSelector":{}},{"namespaceSelector":{"matchLabels":{"a":"b"}}},{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],"ports":[{"port":80,"endPort":90},{"port":"http","protocol":"UDP"}]}],
          "egress":[{}]}}
        """,
        """{"apiVersion":"cilium.io/v2","kind":"CiliumCIDRGroup","metadata":{"name":"g","labels":{"a":"b"}},"spec":{"externalCIDRs":["10.0.0.0/8"]}}""",
        """{"apiVersion":"cilium.io/v2","kind":"CiliumClusterwideNetworkPolicy","metadata":{"name":"a"},"specs":[{"endpointSelector":{},"ingress":[{}]},{"nodeSelector":{},"egress":[]}]}""",
    ];

    private static readonly string[] Values =
        ["null", "true", "0", "-1", "65536", "1e300", "0.5", "\"\"", "\"a\"", "\"80\"", "\"10.0.0.0/8\"", "\"::/129\"", "\"k8s:\"", "\"HALF\"", "[]", "[[]]", "[null]", "{}", "{\"a\":{}}", "[{}]", "\"world\"", "\"In\""];

    [Fact]
    public void Damaged_policies_are_refused_or_enforced()
    {
        var cases = int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), out var asked) ? asked : 5000;
        var accepted = 0;
        for (var seed = 0; seed < cases; seed++)
        {
            var random = new Random(seed);
            var text = Damage(JsonNode.Parse(Seeds[random.Next(Seeds.Length)])!, random);
            try
            {
                accepted += Enforce(text) ? 1 : 0;
            }
            catch (Exception crash)
            {
                throw new InvalidOperationException($"seed {seed} crashed on {text}", crash);
            }
        }

        Assert.InRange(accepted, cases / 50, cases - 1);
    }

    private static bool Enforce(string text)
    {
        using var json = System.Text.Json.JsonDocument.Parse(text);
        var result = PolicyParser.Parse(json.RootElement);
        Assert.Equal(result.Policy is null, result.Errors.Count > 0);
        Assert.All(result.Errors, error => Assert.NotEmpty(error.Message));
        if (result.Policy is not { } policy)
        {
            return false;
        }

        var engine = new PolicyEngine();
        engine.UpsertPolicy(policy.Key, policy);
        engine.Resolve(new PolicySubject(PodLabels.IdentityLabels(policy.Namespace, [new("app", "web")], [], null, "default")));
        return true;
    }

    private static string Damage(JsonNode root, Random random)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var nodes = Below(root).ToList();
            var value = JsonNode.Parse(Values[random.Next(Values.Length)]);
            switch (nodes[random.Next(nodes.Count)])
            {
                case JsonObject { Count: > 0 } mapping:
                    var name = mapping.ElementAt(random.Next(mapping.Count)).Key;
                    var old = mapping[name];
                    mapping.Remove(name);
                    if (random.Next(4) > 0)
                    {
                        mapping[random.Next(4) > 0 ? name : name + "x"] = random.Next(4) > 0 ? value : old;
                    }

                    break;
                case JsonArray list:
                    list.Insert(random.Next(list.Count + 1), random.Next(2) == 0 || list.Count == 0 ? value : list[0]?.DeepClone());
                    break;
            }
        }

        return root.ToJsonString().Replace("HALF", "\\ud800", StringComparison.Ordinal);
    }

    private static IEnumerable<JsonNode> Below(JsonNode node) => node switch
    {
        JsonObject mapping => mapping.Select(member => member.Value).OfType<JsonNode>().SelectMany(Below).Prepend(node),
        JsonArray list => list.OfType<JsonNode>().SelectMany(Below).Prepend(node),
        _ => [],
    };
}
