using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Axoneme.Sandbox.Pods;

namespace Axoneme.Sandbox.Runtime;

/// <summary>Starts and stops the program that stands in for a pod's containers. It has a session of its own and outlives this process.</summary>
internal sealed class PodProgram(SandboxOptions options)
{
    // Each program replaces the one before, so the process id stays; output goes to a file, because a pipe would end with us.
    private const string Script = """
        log=$1 cgroup=$2 netns=$3; shift 3
        [ -z "$cgroup" ] || echo $$ > "$cgroup/cgroup.procs" || exit 1
        if [ -n "$netns" ]; then set -- nsenter --net="$netns" "$@"; fi
        exec setsid "$@" >> "$log" 2>&1 < /dev/null
        """;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    /// <summary>The control socket of a container.</summary>
    public string ControlSocketOf(string containerId) => Path.Combine(options.RunDirectory, "pods", $"{containerId[..12]}.sock");

    /// <summary>Starts the program and waits until it listens. <paramref name="networkNamespace"/>: a path, null for our own.</summary>
    /// <exception cref="SandboxException">It ended or did not listen in time; carries the last line of its log.</exception>
    public async Task<ProcessIdentity> StartAsync(string name, string containerId, string? networkNamespace, IEnumerable<ushort> tcp, IEnumerable<ushort> udp, CancellationToken cancellationToken)
    {
        var control = ControlSocketOf(containerId);
        var log = LogOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(control)!);
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        File.Delete(control);
        File.Delete(log);
        using var process = Process.Start("/bin/sh", [
            "-c", Script, "sh", log, networkNamespace is null ? "" : options.CgroupDirectory ?? "", networkNamespace ?? "",
            options.PodProgram, "serve", "--control", control, "--name", name, "--tcp", Ports(tcp), "--udp", Ports(udp)]);
        var deadline = Stopwatch.GetTimestamp();
        while (!await ListensAsync(control, cancellationToken))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(deadline) > StartTimeout)
            {
                process.Kill();
                var lastLine = File.Exists(log) ? File.ReadLines(log).LastOrDefault(line => line.Length > 0) : null;
                throw new SandboxException($"{options.PodProgram} of {name} did not start: {lastLine ?? "it said nothing"} (log: {log})");
            }

            await Task.Delay(10, cancellationToken);
        }

        return ProcessIdentity.Of(process.Id) ?? throw new SandboxException($"{options.PodProgram} of {name} ended at once (log: {log})");
    }

    /// <summary>Asks the program to end by removing its control socket, and kills it when it does not.</summary>
    public async Task StopAsync(ProcessIdentity? process, string containerId, CancellationToken cancellationToken)
    {
        File.Delete(ControlSocketOf(containerId));
        if (process is null)
        {
            return;
        }

        var asked = Stopwatch.GetTimestamp();
        while (process.IsAlive)
        {
            if (Stopwatch.GetElapsedTime(asked) > StopTimeout)
            {
                process.Kill();
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    private string LogOf(string name) => Path.Combine(options.StateDirectory, "pods", $"{name.Replace('/', '.')}.log");

    private static string Ports(IEnumerable<ushort> ports) => string.Join(',', ports.Select(port => port.ToString(CultureInfo.InvariantCulture)));

    private static async Task<bool> ListensAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            // Not yet.
            return false;
        }
    }
}
