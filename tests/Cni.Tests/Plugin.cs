using System.Diagnostics;
using System.Text.Json;

namespace Axoneme.Cni.Tests;

/// <summary>Runs the built program as a container runtime does: environment, stdin, stdout, exit code.</summary>
internal static class Plugin
{
    /// <summary>A file to run instead of the program built beside the tests, for example the natively compiled one.</summary>
    private static readonly string Program = Environment.GetEnvironmentVariable("AXONEME_CNI_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "axoneme-cni");

    public static Dictionary<string, string> EnvironmentOf(string command) => new()
    {
        ["CNI_COMMAND"] = command,
        ["CNI_CONTAINERID"] = "c0ffee",
        ["CNI_NETNS"] = "/run/netns/none",
        ["CNI_IFNAME"] = "eth0",
        ["CNI_ARGS"] = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=api",
        ["CNI_PATH"] = "/opt/cni/bin",
    };

    public static string Config(string socket) => $$"""{"cniVersion":"1.0.0","name":"axoneme","type":"axoneme-cni","agent-socket":"{{socket}}","mtu":1500}""";

    public static async Task<(int ExitCode, string Output)> RunAsync(Dictionary<string, string> environment, string stdin)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        try
        {
            await process.StandardInput.WriteAsync(stdin);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A plugin that refuses its environment does not read stdin; runtimes let that pass too. Its output is what counts.
        }

        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    /// <summary>Runs and expects a CNI error object on stdout and exit code 1.</summary>
    public static async Task<(uint Code, string Message)> FailAsync(Dictionary<string, string> environment, string stdin)
    {
        var (exitCode, output) = await RunAsync(environment, stdin);
        Assert.Equal(1, exitCode);
        var error = JsonDocument.Parse(output).RootElement;
        Assert.Equal("1.0.0", error.GetProperty("cniVersion").GetString());
        return (error.GetProperty("code").GetUInt32(), error.GetProperty("msg").GetString()!);
    }
}
