using System.Text.Json;
using Axoneme.Wire.Agent;

namespace Axoneme.Cni;

/// <summary>
/// The plugin: what the runtime passes goes to the agent as one <see cref="CniCall"/>, the agent's answer goes to stdout. It decides
/// nothing but VERSION itself, and every failure is a CNI error object with exit code 1.
/// </summary>
/// <param name="variable">Reads an environment variable, null when unset.</param>
internal sealed class CniPlugin(Func<string, string?> variable)
{
    // Longer than any agent needs, shorter than a kubelet waits (its runtime request timeout is 120 s).
    private static readonly TimeSpan AgentTimeout = TimeSpan.FromSeconds(90);

    /// <summary>Runs the command of the environment; returns the process's exit code.</summary>
    public int Run(Stream stdin, Stream stdout)
    {
        var version = NetworkConfig.SupportedVersions[0];
        try
        {
            var environment = CniEnvironment.Read(variable);
            var config = NetworkConfig.Read(stdin, environment.Command);
            version = config.CniVersion;
            stdout.Write(environment.Command == CniCommand.VERSION ? Versions(config) : Call(environment, config));
            return 0;
        }
        catch (CniFailure failure)
        {
            return Fail(stdout, version, failure);
        }
        catch (AgentRefusal refusal)
        {
            stdout.Write(refusal.ErrorObject);
            return 1;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The runtime can only report what it gets as an error object; a crash leaves it with an exit code.
            return Fail(stdout, version, new CniFailure(CniCode.Unexpected, $"axoneme-cni {variable("CNI_COMMAND")}: {failure.GetType().Name}: {failure.Message}",
                "This failure has no code of its own: please report it with the network configuration and the CNI_ variables."));
        }
    }

    private static int Fail(Stream stdout, string version, CniFailure failure)
    {
        stdout.Write(JsonSerializer.SerializeToUtf8Bytes(new CniError(version, failure.Code, failure.Message, failure.Details), AgentJson.Default.CniError));
        return 1;
    }

    private byte[] Call(CniEnvironment environment, NetworkConfig config)
    {
        var socket = config.AgentSocket ?? (variable("AXONEME_AGENT_SOCKET") is { Length: > 0 } named ? named : AgentRoutes.DefaultSocket);
        var call = new CniCall(environment.ContainerId, environment.Netns, environment.IfName, environment.Args, config.Json);
        var verb = environment.Command.ToString().ToLowerInvariant();
        AgentResponse response;
        try
        {
            response = new AgentClient(socket, AgentTimeout).Send("POST", $"{AgentRoutes.Cni}/{verb}", JsonSerializer.SerializeToUtf8Bytes(call, AgentJson.Default.CniCall));
        }
        catch (AgentUnreachableException failure)
        {
            // Also for DEL: the agent has to release the address, so the runtime must ask again.
            throw new CniFailure(environment.Command == CniCommand.STATUS ? CniCode.PluginNotAvailable : CniCode.TryAgainLater, failure.Message,
                "Start the axoneme agent of this node, or name its socket in the configuration key \"agent-socket\".");
        }

        if (response.Status != 200)
        {
            throw IsErrorObject(response.Body)
                ? new AgentRefusal(response.Body)
                : new CniFailure(CniCode.AgentAnswerNotUnderstood, $"agent socket {socket}: HTTP {response.Status} without a CNI error object to {environment.Command}",
                    "Are the plugin and the agent of one version, and is it the agent that listens there?");
        }

        // Only ADD has a result; the other commands succeed silently.
        return environment.Command == CniCommand.ADD ? response.Body : [];
    }

    private static bool IsErrorObject(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, AgentJson.Default.CniError) is { Code: > 0, Msg: not null };
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Versions(NetworkConfig config)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", config.CniVersion);
            json.WriteStartArray("supportedVersions");
            foreach (var version in NetworkConfig.SupportedVersions)
            {
                json.WriteStringValue(version);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The agent's own CNI error object, passed on as it is.</summary>
    private sealed class AgentRefusal(byte[] errorObject) : Exception
    {
        public byte[] ErrorObject { get; } = errorObject;
    }
}
