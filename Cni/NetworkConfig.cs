using System.Text.Json;

namespace Axoneme.Cni;

/// <summary>The network configuration from stdin. Source: CNI specification 1.1.0, section "Network configuration format".</summary>
/// <param name="CniVersion">Version that the result has to have.</param>
/// <param name="AgentSocket">Key <c>agent-socket</c>, null when absent.</param>
/// <param name="Json">The whole configuration.</param>
internal sealed record NetworkConfig(string CniVersion, string? AgentSocket, JsonElement Json)
{
    /// <summary>Versions whose result format the agent writes.</summary>
    public static readonly string[] SupportedVersions = ["1.0.0", "1.1.0"];

    /// <summary>Parses and checks stdin.</summary>
    /// <exception cref="CniFailure">Code 6: not JSON; 7: a field is missing or of the wrong type; 1: version not supported.</exception>
    public static NetworkConfig Read(Stream stdin, CniCommand command)
    {
        JsonElement json;
        try
        {
            using var document = JsonDocument.Parse(stdin);
            json = document.RootElement.Clone();
        }
        catch (JsonException failure)
        {
            throw new CniFailure(CniCode.DecodingFailure, $"network configuration on stdin is not JSON: {failure.Message}", "Check the files in the runtime's CNI configuration directory.");
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new CniFailure(CniCode.DecodingFailure, $"network configuration on stdin is a JSON {json.ValueKind.ToString().ToLowerInvariant()}, not an object");
        }

        var version = Text(json, "cniVersion") ?? throw new CniFailure(CniCode.InvalidConfig, "cniVersion: missing from the network configuration", "Set it to \"1.0.0\".");
        var config = new NetworkConfig(version, Text(json, "agent-socket"), json);
        if (command != CniCommand.VERSION)
        {
            config.Check();
        }

        return config;
    }

    private void Check()
    {
        if (!SupportedVersions.Contains(CniVersion))
        {
            throw new CniFailure(CniCode.IncompatibleVersion, $"cniVersion: \"{CniVersion}\" is not supported", $"Supported are {string.Join(" and ", SupportedVersions)}.");
        }

        _ = Text(Json, "name") ?? throw new CniFailure(CniCode.InvalidConfig, "name: missing from the network configuration", "Give the network a name, for example \"axoneme\".");
        _ = Text(Json, "type") ?? throw new CniFailure(CniCode.InvalidConfig, "type: missing from the network configuration", "Set it to \"axoneme-cni\".");
    }

    private static string? Text(JsonElement json, string name) => !json.TryGetProperty(name, out var value)
        ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw new CniFailure(CniCode.InvalidConfig, $"{name}: must be a string that is not empty, is {value.GetRawText()}");
}
