using System.Diagnostics;
using System.Globalization;
using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Packets;

/// <summary>A way from one network namespace to another, with the load generator's server at its end. Disposal ends what it owns.</summary>
/// <param name="name">As rows name it.</param>
/// <param name="clientNetns">Path of the namespace that begins.</param>
/// <param name="serverNetns">Path of the namespace that answers.</param>
/// <param name="serverAddress">The address it answers on.</param>
/// <param name="owned">What goes with it, in this order.</param>
internal sealed class Topology(string name, string clientNetns, string serverNetns, string serverAddress, IReadOnlyList<IAsyncDisposable> owned) : IAsyncDisposable
{
    /// <summary>The load generator's ports, for TCP; UDP has the first.</summary>
    public const int FirstPort = 5201;

    /// <summary>The last that any of several servers has.</summary>
    public const int LastPort = 5223;

    private readonly List<Process> _servers = [];

    public string Name => name;

    /// <summary>The first of the ports that clients are told, of as many as the server has in a row.</summary>
    public int Port { get; init; } = FirstPort;

    /// <summary>The first port of each server. None where another topology's servers answer.</summary>
    public IReadOnlyList<int> ServerPorts { get; init; } = [FirstPort];

    /// <summary>The cgroup that clients are in; null for this process' own.</summary>
    public string? Cgroup { get; init; }

    public async Task StartServerAsync(LoadGenerator load)
    {
        foreach (var port in ServerPorts)
        {
            var server = Command.Start("nsenter", Namespace.Enter(serverNetns, load.Program, load.Cpu, "serve", Text(port)), redirect: true);
            _servers.Add(server);
            if (await server.StandardOutput.ReadLineAsync() != "ready")
            {
                throw new InvalidOperationException($"{name}: the load server did not start: {await server.StandardError.ReadToEndAsync()}");
            }
        }
    }

    /// <summary>Transactions per second (rr, crr, udprr) or Mbit/s (stream).</summary>
    public async Task<double> MeasureAsync(LoadGenerator load, string mode, double seconds)
    {
        string[] client = Namespace.Enter(clientNetns, load.Program, load.ClientCpu, mode, serverAddress, Text(Port), seconds.ToString(CultureInfo.InvariantCulture));
        var result = Cgroup is null
            ? await Command.RunAsync("nsenter", client)
            : await Command.RunAsync("sh", ["-c", "echo $$ >\"$0/cgroup.procs\" && exec nsenter \"$@\"", Cgroup, .. client]);
        return double.Parse(result.OrThrow(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            server.Kill();
            server.Dispose();
        }

        foreach (var item in owned)
        {
            await item.DisposeAsync();
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
