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

    /// <summary>The last of them.</summary>
    public const int LastPort = 5203;

    private static readonly string _port = FirstPort.ToString(CultureInfo.InvariantCulture);
    private Process? _server;

    public string Name => name;

    public async Task StartServerAsync(LoadGenerator load)
    {
        _server = Command.Start("nsenter", Namespace.Enter(serverNetns, load.Program, load.Cpu, "serve", _port), redirect: true);
        if (await _server.StandardOutput.ReadLineAsync() != "ready")
        {
            throw new InvalidOperationException($"{name}: the load server did not start: {await _server.StandardError.ReadToEndAsync()}");
        }
    }

    /// <summary>Transactions per second (rr, crr, udprr) or Mbit/s (stream).</summary>
    public async Task<double> MeasureAsync(LoadGenerator load, string mode, double seconds)
    {
        var result = await Command.RunAsync("nsenter",
            Namespace.Enter(clientNetns, load.Program, load.ClientCpu, mode, serverAddress, _port, seconds.ToString(CultureInfo.InvariantCulture)));
        return double.Parse(result.OrThrow(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill();
            _server.Dispose();
        }

        foreach (var item in owned)
        {
            await item.DisposeAsync();
        }
    }
}
