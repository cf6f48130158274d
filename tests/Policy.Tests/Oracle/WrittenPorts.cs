namespace Axoneme.Policy.Tests.Oracle;

/// <summary>Ports of a protocol; null is ANY.</summary>
public sealed record WrittenPorts(string? Protocol, int First, int Last)
{
    public string ToYaml() => $"{{port: '{First}', endPort: {Last}, protocol: {Protocol ?? "ANY"}}}";

    public bool Includes(Packet packet) => packet.Protocol is "TCP" or "UDP" or "SCTP"
        && (Protocol is null || Protocol == packet.Protocol)
        && packet.Port >= First && packet.Port <= Last;
}
