using System.Text.Json;

namespace Axoneme.NodeActors.Cni;

/// <summary>The fields of a network configuration that this plugin reads, checked.</summary>
/// <param name="Version">cniVersion: the version the result has to have.</param>
/// <param name="Mtu">In bytes, null when the configuration leaves it to the agent.</param>
/// <param name="Json">The whole configuration.</param>
internal sealed record CniConfig(string Version, int? Mtu, JsonElement Json)
{
    public const string Newest = "1.1.0";

    /// <summary>Versions whose result format is written.</summary>
    public static readonly string[] Versions = ["0.3.1", "0.4.0", "1.0.0", Newest];

    /// <summary>IPv6's least MTU (RFC 8200 section 5).</summary>
    private const int LeastMtu = 1280;

    /// <summary>The version an error object should carry when the configuration may be wrong.</summary>
    public static string VersionOf(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("cniVersion", out var version) && version.ValueKind == JsonValueKind.String
        && Versions.Contains(version.GetString())
            ? version.GetString()!
            : Newest;

    /// <exception cref="CniException">A field is missing or wrong; the message names it.</exception>
    public static CniConfig Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new CniException(CniCodes.Decoding, $"network configuration: must be a JSON object, is {Kind(json)}");
        }

        var version = Text(json, "cniVersion", "set it to \"1.0.0\"");
        if (!Versions.Contains(version))
        {
            throw new CniException(CniCodes.IncompatibleVersion, $"cniVersion: \"{version}\" is not supported", $"supported are {string.Join(", ", Versions)}");
        }

        Text(json, "name", "give the network a name, for example \"axoneme\"");
        Text(json, "type", "set it to \"axoneme-cni\"");
        if (json.TryGetProperty("ipam", out var ipam) && (ipam.ValueKind != JsonValueKind.Object || ipam.EnumerateObject().Any()))
        {
            throw new CniException(CniCodes.InvalidConfig, "ipam: must be absent or empty", "the agent gives addresses from the node's pod CIDRs itself");
        }

        int? mtu = null;
        if (json.TryGetProperty("mtu", out var field))
        {
            mtu = field.ValueKind == JsonValueKind.Number && field.TryGetInt32(out var number) && number is >= LeastMtu and <= 65535
                ? number
                : throw new CniException(CniCodes.InvalidConfig, $"mtu: must be a whole number from {LeastMtu} to 65535, is {field.GetRawText()}");
        }

        return new CniConfig(version, mtu, json);
    }

    /// <summary>The attachments a GC call says are alive (1.1.0: <c>cni.dev/valid-attachments</c>).</summary>
    /// <exception cref="CniException">The key is missing or has another form: removing everything for want of a list would be worse.</exception>
    public IReadOnlySet<(string ContainerId, string IfName)> ValidAttachments()
    {
        const string Key = "cni.dev/valid-attachments";
        if (!Json.TryGetProperty(Key, out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw new CniException(CniCodes.InvalidConfig, $"{Key}: GC needs a list of attachments", "each is {\"containerID\": ..., \"ifname\": ...}");
        }

        var attachments = new HashSet<(string, string)>();
        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw new CniException(CniCodes.InvalidConfig, $"{Key}[{index}]: must be an object, is {Kind(item)}");
            }

            attachments.Add((Text(item, "containerID", "name the container", $"{Key}[{index}]."), Text(item, "ifname", "name the interface", $"{Key}[{index}].")));
            index++;
        }

        return attachments;
    }

    private static string Text(JsonElement json, string name, string advice, string path = "") => !json.TryGetProperty(name, out var field)
        ? throw new CniException(CniCodes.InvalidConfig, $"{path}{name}: is missing", advice)
        : field.ValueKind == JsonValueKind.String && field.GetString() is { Length: > 0 } text
            ? text
            : throw new CniException(CniCodes.InvalidConfig, $"{path}{name}: must be a string that is not empty, is {Kind(field)}", advice);

    private static string Kind(JsonElement json) =>
        json.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Undefined ? $"a JSON {json.ValueKind.ToString().ToLowerInvariant()}" : json.GetRawText();
}
