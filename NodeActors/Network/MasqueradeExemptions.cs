using System.Net;
using System.Text.Json;
using Axoneme.Kubernetes;

namespace Axoneme.NodeActors.Network;

/// <summary>
/// Destinations that a file of ip-masq-agent exempts from masquerading. Its format is Kubernetes' (tasks/administer-cluster/ip-masq-agent), its
/// meaning Cilium's (network/concepts/masquerading): a file that is absent or empty exempts the private and special networks of IPv4, and
/// link-local destinations are exempt unless it says otherwise.
/// </summary>
internal static class MasqueradeExemptions
{
    private static readonly IPNetwork LinkLocal4 = IPNetwork.Parse("169.254.0.0/16");
    private static readonly IPNetwork LinkLocal6 = IPNetwork.Parse("fe80::/10");

    private static readonly IPNetwork[] Defaults =
    [
        .. new[]
        {
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>Reads a file's text, YAML or JSON; null for an absent file.</summary>
    /// <exception cref="FormatException">The text is not what the format asks for; the message says where.</exception>
    public static IReadOnlyList<IPNetwork> Read(string? text)
    {
        var (masquerades4, masquerades6) = (false, false);
        var networks = new List<IPNetwork>();
        var isEmpty = true;
        if (!string.IsNullOrWhiteSpace(text) && Parse(text) is { } root)
        {
            foreach (var member in root.EnumerateObject())
            {
                isEmpty = false;
                switch (member.Name)
                {
                    case "nonMasqueradeCIDRs":
                        networks.AddRange(ReadNetworks(member.Value));
                        break;
                    case "masqLinkLocal":
                        masquerades4 = ReadSwitch(member);
                        break;
                    case "masqLinkLocalIPv6":
                        masquerades6 = ReadSwitch(member);
                        break;
                    case "resyncInterval":
                        break; // the file is watched
                    default:
                        throw new FormatException($"{member.Name}: unknown; there are nonMasqueradeCIDRs, masqLinkLocal, masqLinkLocalIPv6 and resyncInterval");
                }
            }
        }

        return
        [
            .. (isEmpty ? Defaults : [.. networks]).Concat(masquerades4 ? [] : [LinkLocal4]).Concat(masquerades6 ? [] : [LinkLocal6]).Distinct(),
        ];
    }

    private static JsonElement? Parse(string text) => YamlValue.Read(text) switch
    {
        { ValueKind: not JsonValueKind.Object } => throw new FormatException("must be a mapping with nonMasqueradeCIDRs"),
        var root => root,
    };

    private static IEnumerable<IPNetwork> ReadNetworks(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("nonMasqueradeCIDRs: must be a list");
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.String && IPNetwork.TryParse(item.GetString(), out var network)
                ? network
                : throw new FormatException($"nonMasqueradeCIDRs[{index}]: {item.GetRawText()} is not a network such as 10.0.0.0/8");
            index++;
        }
    }

    private static bool ReadSwitch(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException($"{member.Name}: must be true or false"),
    };
}
