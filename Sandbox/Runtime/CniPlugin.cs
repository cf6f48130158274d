using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Axoneme.Sandbox.Pods;

namespace Axoneme.Sandbox.Runtime;

/// <summary>Executes the plugin binary as every container runtime does. Source: CNI specification 1.0.0, sections "Parameters" and "Error".</summary>
internal sealed class CniPlugin(SandboxOptions options)
{
    public const string InterfaceName = "eth0";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>The network configuration for one pod: what this runtime says, and over it what the manifest's annotation says.</summary>
    /// <exception cref="SandboxException">The annotation is not a JSON object.</exception>
    public JsonElement ConfigFor(PodManifest pod)
    {
        var config = new JsonObject
        {
            ["cniVersion"] = "1.0.0",
            ["name"] = options.NetworkName,
            ["type"] = Path.GetFileName(options.CniPlugin),
            ["agent-socket"] = options.AgentSocket,
        };
        if (pod.CniConfig is { } annotation)
        {
            try
            {
                foreach (var (name, value) in JsonNode.Parse(annotation)!.AsObject())
                {
                    config[name] = value?.DeepClone();
                }
            }
            catch (Exception failure) when (failure is JsonException or InvalidOperationException or NullReferenceException)
            {
                throw new SandboxException($"metadata.annotations[{PodManifest.CniConfigAnnotation}]: not a JSON object: {failure.Message}", failure);
            }
        }

        return JsonSerializer.SerializeToElement(config, CniJson.Default.JsonObject);
    }

    /// <summary>ADD; returns the result object.</summary>
    public async Task<JsonElement> AddAsync(PodRecord pod, CancellationToken cancellationToken)
    {
        var output = await RunAsync("ADD", pod, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(output);
            return document.RootElement.Clone();
        }
        catch (JsonException failure)
        {
            throw new CniException("ADD", 0, $"the plugin's result is not JSON: {failure.Message}");
        }
    }

    /// <summary>DEL; succeeds on what is already gone.</summary>
    public Task DeleteAsync(PodRecord pod, CancellationToken cancellationToken) => RunAsync("DEL", pod, cancellationToken);

    /// <summary>The addresses in an ADD result.</summary>
    public static IReadOnlyList<IPAddress> AddressesOf(JsonElement? result) =>
        result is not { } value || !value.TryGetProperty("ips", out var ips)
            ? []
            : [.. ips.EnumerateArray().Select(ip => IPAddress.Parse(ip.GetProperty("address").GetString()!.Split('/')[0]))];

    private async Task<string> RunAsync(string command, PodRecord pod, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(options.CniPlugin) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = pod.ContainerId;
        start.Environment["CNI_NETNS"] = $"{Datapath.Network.NetworkNamespace.Directory}/{pod.NetworkNamespace}";
        start.Environment["CNI_IFNAME"] = InterfaceName;
        start.Environment["CNI_PATH"] = Path.GetDirectoryName(options.CniPlugin);
        start.Environment["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={pod.Namespace};K8S_POD_NAME={pod.Name};K8S_POD_INFRA_CONTAINER_ID={pod.ContainerId}";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Timeout);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new SandboxException($"CNI plugin {options.CniPlugin}: cannot be executed: {failure.Message}. Build it with scripts/build, or name another with --cni-bin.", failure);
        }

        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
                var errors = process.StandardError.ReadToEndAsync(deadline.Token);
                await WriteConfigAsync(process, pod.Config);
                await process.WaitForExitAsync(deadline.Token);
                return process.ExitCode == 0 ? await output : throw Error(command, process.ExitCode, await output, await errors);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
                cancellationToken.ThrowIfCancellationRequested();
                throw new CniException(command, 0, $"the plugin gave no answer within {Timeout.TotalSeconds:0} s");
            }
        }
    }

    private static async Task WriteConfigAsync(Process process, JsonElement config)
    {
        try
        {
            await process.StandardInput.WriteAsync(config.GetRawText());
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A plugin that fails early does not read its configuration; its exit code and output say what is wrong.
        }
    }

    private static CniException Error(string command, int exitCode, string output, string errors)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var error = document.RootElement;
            var details = error.TryGetProperty("details", out var text) && text.GetString() is { Length: > 0 } more ? $". {more}" : "";
            return new CniException(command, error.GetProperty("code").GetUInt32(), error.GetProperty("msg").GetString() + details);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            var said = $"{output.Trim()} {errors.Trim()}".Trim();
            return new CniException(command, 0, $"the plugin ended with exit code {exitCode} and no error object{(said.Length > 0 ? $": {said}" : "")}");
        }
    }
}
