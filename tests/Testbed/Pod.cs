using System.Text.Json;

namespace Axoneme.Testbed;

/// <summary>A running pod of a <see cref="Node"/>.</summary>
public sealed record Pod(string FullName, ushort EndpointId, uint Identity, string Ipv4, string Ipv6, string NetnsPath, string ContainerId)
{
    /// <summary>Runs a program in the pod's network namespace.</summary>
    public Task<CommandResult> RunAsync(string program, params string[] arguments) =>
        Command.RunAsync("nsenter", Namespace.Enter(NetnsPath, program, arguments));

    /// <summary>A TCP connection with one HTTP exchange; true when an answer came.</summary>
    public async Task<bool> ReachesHttpAsync(string address, int port) =>
        (await RunAsync("curl", "-s", "-o", "/dev/null", "-m", "1", "--noproxy", "*", address.Contains(':') ? $"http://[{address}]:{port}/" : $"http://{address}:{port}/")).ExitCode == 0;

    /// <summary>A UDP datagram that is echoed; true when the echo came.</summary>
    public async Task<bool> ReachesUdpAsync(string address, int port)
    {
        var result = await Command.RunAsync("nsenter", Namespace.Enter(NetnsPath, "nc", "-u", "-w", "1", address, $"{port}"), input: "hello\n");
        return result.Output.Contains("hello", StringComparison.Ordinal);
    }

    /// <summary>An ICMP echo; true when the reply came.</summary>
    public async Task<bool> PingsAsync(string address) => (await RunAsync("ping", "-c", "1", "-W", "1", address)).ExitCode == 0;

    internal static Pod? From(JsonElement endpoint, IReadOnlyDictionary<string, string> namespaces)
    {
        var name = $"{endpoint.GetProperty("namespace").GetString()}/{endpoint.GetProperty("pod").GetString()}";
        return namespaces.TryGetValue(name, out var netns)
            ? new Pod(name, endpoint.GetProperty("id").GetUInt16(), endpoint.GetProperty("identity").GetUInt32(), Text("ipv4"), Text("ipv6"),
                $"/run/netns/{netns}", endpoint.GetProperty("containerId").GetString()!)
            : null;

        string Text(string property) => endpoint.TryGetProperty(property, out var value) ? value.GetString()! : "";
    }

    /// <summary>Pod → name of its network namespace, from the sandbox's own record.</summary>
    internal static Dictionary<string, string> NetworkNamespaces(string sandboxJson)
    {
        using var document = JsonDocument.Parse(sandboxJson);
        var root = document.RootElement;
        var pods = root.ValueKind == JsonValueKind.Array ? root : root.EnumerateObject().First(property => property.Value.ValueKind == JsonValueKind.Array).Value;
        return pods.EnumerateArray().ToDictionary(pod => $"{pod.GetProperty("namespace").GetString()}/{pod.GetProperty("name").GetString()}", pod => pod.GetProperty("networkNamespace").GetString()!);
    }
}
