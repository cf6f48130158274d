using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Axoneme.Server.Tests;

/// <summary><c>./run --stop</c> with a script in the server's place that locks, gets ready and removes as the server does.</summary>
public sealed class RunScriptTests : IDisposable
{
    private const string Server = """
        #!/usr/bin/env bash
        while [ $# -gt 0 ]; do
            case $1 in --state-dir) state=$2 ;; --run-dir) run=$2 ;; --manifests) manifests=$2 ;; esac
            shift
        done
        exec 9>"$state/server.pid"
        flock --nonblock 9 || exit 1
        echo $$ >&9
        trap 'rm -rf "$state/node" "$state/sandbox" "$state/server.pid"; exit 0' TERM
        ls "$manifests" | wc -l >"$state/manifests-seen"
        touch "$run/ready"
        while :; do sleep 0.05; done
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("axoneme-run-").FullName;

    public RunScriptTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "server"));
        Directory.CreateDirectory(State);
        var server = Path.Combine(_root, "server", "axoneme-server");
        File.WriteAllText(server, Server + "\n");
        File.SetUnixFileMode(server, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string State => Path.Combine(_root, "state");

    [Fact]
    public async Task What_a_killed_server_left_is_removed_by_starting_it_once()
    {
        Directory.CreateDirectory(Path.Combine(State, "node"));
        await File.WriteAllTextAsync(Path.Combine(State, "server.pid"), "4194304\n");

        var (exitCode, output) = await StopAsync();

        Assert.Equal((0, true), (exitCode, output.Contains("starting it once to remove them", StringComparison.Ordinal)));
        Assert.EndsWith("stopped; everything it made is removed\n", output);
        Assert.False(Directory.Exists(Path.Combine(State, "node")));
        Assert.Equal("0", (await File.ReadAllTextAsync(Path.Combine(State, "manifests-seen"))).Trim());
    }

    [Fact]
    public async Task A_process_that_got_the_number_of_a_dead_server_is_left_alone()
    {
        var start = new ProcessStartInfo("bash", ["-c", "exec -a axoneme-server sleep 60"]);
        using var stranger = Process.Start(start)!;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(State, "server.pid"), $"{stranger.Id}\n");

            var (exitCode, output) = await StopAsync();

            Assert.Equal((1, $"run: nothing runs with --state-dir {State}\n"), (exitCode, output));
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
            await stranger.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_server_that_holds_the_lock_is_stopped()
    {
        Directory.CreateDirectory(Path.Combine(State, "sandbox"));
        Directory.CreateDirectory(Path.Combine(_root, "run"));
        using var server = Process.Start(new ProcessStartInfo(
            Path.Combine(_root, "server", "axoneme-server"), ["--state-dir", State, "--run-dir", Path.Combine(_root, "run"), "--manifests", _root]))!;
        Assert.True(SpinWait.SpinUntil(() => File.Exists(Path.Combine(_root, "run", "ready")), TimeSpan.FromSeconds(10)));

        var (exitCode, output) = await StopAsync();

        Assert.Equal((0, "stopped; everything it made is removed\n"), (exitCode, output));
        await server.WaitForExitAsync();
        Assert.False(Directory.Exists(Path.Combine(State, "sandbox")));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private async Task<(int ExitCode, string Output)> StopAsync()
    {
        // stderr joins stdout, in the order a person sees them.
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$0\" --stop --state-dir \"$1\" --run-dir \"$2\" 2>&1", Script(), State, Path.Combine(_root, "run")])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["AXONEME_ARTIFACTS"] = _root;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, output);
    }

    private static string Script([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "run"));
}
