using System.Text;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>A policy as a test invents it: enough of the language to combine everything that interacts.</summary>
public sealed record WrittenPolicy(int Number, string Namespace, string? App, bool? IngressDefault, bool? EgressDefault, WrittenRule[] Rules)
{
    public string Key => $"CiliumNetworkPolicy/{Namespace}/p{Number}";

    public string ToYaml()
    {
        var yaml = new StringBuilder($$"""
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: p{{Number}}, namespace: {{Namespace}}}
            spec:
              endpointSelector: {{(App is null ? "{}" : "{matchLabels: {app: " + App + "}}")}}
              enableDefaultDeny: {ingress: {{Word(IngressDefault)}}, egress: {{Word(EgressDefault)}}}

            """);
        foreach (var list in (string[])["ingress", "egress", "ingressDeny", "egressDeny"])
        {
            yaml.AppendLine($"  {list}: [{string.Join(", ", Rules.Where(rule => rule.List == list).Select(rule => rule.ToYaml()))}]");
        }

        return yaml.ToString();
    }

    public override string ToString() => ToYaml();

    private static string Word(bool? value) => value is { } known ? known ? "true" : "false" : "null";
}
