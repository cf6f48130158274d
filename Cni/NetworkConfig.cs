using System.Text;
using System.Text.Json;
using Axoneme.Wire.Agent;

namespace Axoneme.Cni;

/// <summary>The network configuration from stdin. Source: CNI specification 1.1.0, section "Network configuration format".</summary>
/// <param name="CniVersion">Version that the result has to have.</param>
/// <param name="AgentSocket">Key <c>agent-socket</c>, null when absent.</param>
/// <param name="Json">The whole configuration.</param>
internal sealed record NetworkConfig(string CniVersion, string? AgentSocket, JsonElement Json)
{
    // sun_path has 108 bytes, the last a zero. Source: unix(7).
    private const int LongestSocketPath = 107;

    /// <summary>Versions whose result format the agent writes.</summary>
    public static readonly string[] SupportedVersions = ["1.0.0", "1.1.0"];

    /// <summary>Parses and checks stdin.</summary>
    /// <exception cref="CniFailure">Code 6: not JSON; 7: a field is missing, of the wrong type or out of range; 1: version not supported.</exception>
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
        if (AgentSocket is { } socket)
        {
            CheckSocket(socket);
        }
    }

    private static void CheckSocket(string socket)
    {
        if (socket[0] != '/' || socket.Contains('\0', StringComparison.Ordinal))
        {
            throw new CniFailure(CniCode.InvalidConfig, $"agent-socket: {JsonEncodedText.Encode(socket)} is not an absolute path", $"Write the whole path, for example \"{AgentRoutes.DefaultSocket}\".");
        }

        if (Encoding.UTF8.GetByteCount(socket) is > LongestSocketPath and var length)
        {
            throw new CniFailure(CniCode.InvalidConfig, $"agent-socket: {socket} has {length} bytes, a Unix socket's path has at most {LongestSocketPath}", "Let the agent listen on a shorter path.");
        }
    }

    private static string? Text(JsonElement json, string name) => !json.TryGetProperty(name, out var value)
        ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw new CniFailure(CniCode.InvalidConfig, $"{name}: must be a string that is not empty, is {value.GetRawText()}");
}
