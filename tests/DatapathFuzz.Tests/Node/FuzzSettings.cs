namespace Axoneme.DatapathFuzz.Tests.Node;

/// <summary>The features that a node is loaded with.</summary>
public sealed record FuzzSettings(bool Tunnel, bool HostFirewall, bool Masquerade)
{
    /// <summary>The settings of that name, words joined by '+': tunnel or native, host-firewall, masquerade.</summary>
    public static FuzzSettings Parse(string name) => new(name.Contains("tunnel"), name.Contains("host-firewall"), name.Contains("masquerade"));

    /// <inheritdoc/>
    public override string ToString() => $"{(Tunnel ? "tunnel" : "native")}{(HostFirewall ? "+host-firewall" : "")}{(Masquerade ? "+masquerade" : "")}";
}
