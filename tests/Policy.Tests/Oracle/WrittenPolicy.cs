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

/// <summary>One rule. Peers and ports are null where the field is left out.</summary>
public sealed record WrittenRule(bool Ingress, bool Deny, WrittenPeers? Peers, WrittenPorts[]? Ports)
{
    public string List => (Ingress ? "ingress" : "egress") + (Deny ? "Deny" : "");

    public string ToYaml()
    {
        var fields = new List<string>();
        if (Peers is not null)
        {
            fields.Add((Ingress ? "from" : "to") + Peers.Yaml);
        }

        if (Ports is not null)
        {
            fields.Add($"toPorts: [{{ports: [{string.Join(", ", Ports.Select(ports => ports.ToYaml()))}]}}]");
        }

        return "{" + string.Join(", ", fields) + "}";
    }
}

/// <summary>A peer list and whom it means, said twice: as YAML and as a plain predicate.</summary>
public sealed record WrittenPeers(string Yaml, Func<string, Packet, bool> Means);

/// <summary>Ports of a protocol; null is ANY.</summary>
public sealed record WrittenPorts(string? Protocol, int First, int Last)
{
    public string ToYaml() => $"{{port: '{First}', endPort: {Last}, protocol: {Protocol ?? "ANY"}}}";

    public bool Includes(Packet packet) => packet.Protocol is "TCP" or "UDP" or "SCTP"
        && (Protocol is null || Protocol == packet.Protocol)
        && packet.Port >= First && packet.Port <= Last;
}

/// <summary>Traffic of a subject with a peer.</summary>
public sealed record Packet(string SubjectApp, string SubjectNamespace, bool Ingress, Party Peer, string Protocol, int Port);

/// <summary>The other end: a pod, or something reserved, or an address outside.</summary>
public sealed record Party(string Name, string? App, string? Namespace, string? Reserved, string? Address);
