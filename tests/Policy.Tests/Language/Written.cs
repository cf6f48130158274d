using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests;

/// <summary>Policies as YAML, and what the parser makes of them.</summary>
internal static class Written
{
    public static PolicyParseResult Parse(string yaml)
    {
        var read = YamlDocuments.Read("test.yaml", yaml);
        Assert.Empty(read.Errors);
        var result = PolicyParser.Parse(Assert.Single(read.Documents).Body);
        Assert.Equal(result.Policy is null, result.Errors.Count > 0);
        return result;
    }

    public static PolicyParseResult ParseSpec(string spec, bool clusterwide = false) => Parse($$"""
        apiVersion: cilium.io/v2
        kind: {{(clusterwide ? "CiliumClusterwideNetworkPolicy" : "CiliumNetworkPolicy")}}
        metadata: {name: test{{(clusterwide ? "" : ", namespace: shop")}}}
        spec: {{spec}}
        """);

    /// <summary>An accepted object.</summary>
    public static T Accepted<T>(PolicyParseResult result)
        where T : PolicyObject
    {
        Assert.True(result.Policy is not null, string.Join("\n", result.Errors));
        return Assert.IsType<T>(result.Policy);
    }

    public static PolicySpec Spec(string spec, bool clusterwide = false) => Assert.Single(Accepted<RulePolicy>(ParseSpec(spec, clusterwide)).Specs);

    /// <summary>The only rule of a policy for every endpoint.</summary>
    public static PolicyRule Rule(string list, string rule, bool clusterwide = false) =>
        Assert.Single(Spec($$"""{endpointSelector: {}, {{list}}: [{ {{rule}} }]}""", clusterwide).Rules);

    /// <summary>The only inspection of an egress rule to TCP port 80.</summary>
    public static Inspection? Inspection(string parts, string ports = "[{port: '80', protocol: TCP}]", bool clusterwide = false) =>
        Assert.Single(Rule("egress", $$"""toPorts: [{ports: {{ports}}, {{parts}}}]""", clusterwide).Traffic!.Value).Inspection;

    public static void Refused(PolicyParseResult result, string path, string message)
    {
        var error = Assert.Single(result.Errors);
        Assert.Equal(path, error.FieldPath);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
