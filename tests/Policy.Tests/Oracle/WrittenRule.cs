namespace Axoneme.Policy.Tests.Oracle;

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
