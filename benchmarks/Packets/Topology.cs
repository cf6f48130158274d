using System.Diagnostics;
using System.Globalization;
using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Packets;

/// <summary>A way from one network namespace to another, with the load generator's server at its end.</summary>
internal sealed class Topology(string name, string clientNetns, string serverNetns, string serverAddress, IReadOnlyList<IAsyncDisposable> owned) : IAsyncDisposable
{
    private const string Port = "5201";
    private Process? _server;

    public string Name => name;

    /// <summary>Two namespaces and a veth pair between them.</summary>
    public static async Task<Topology> VethAsync()
    {
        var client = await Namespace.CreateAsync(Namespace.UniqueName("vc"));
        var server = await Namespace.CreateAsync(Namespace.UniqueName("vs"));
        await Command.OkAsync("ip", "link", "add", "veth0", "netns", client.Name, "type", "veth", "peer", "name", "veth0", "netns", server.Name);
        await ConfigureAsync(client, "veth0", "10.201.0.1/24");
        await ConfigureAsync(server, "veth0", "10.201.0.2/24");
        return new Topology("veth", client.Path, server.Path, "10.201.0.2", [client, server]);
    }

    /// <summary>Two namespaces and a third that forwards between them, with no rule anywhere.</summary>
    public static async Task<Topology> ForwardingAsync()
    {
        var client = await Namespace.CreateAsync(Namespace.UniqueName("fc"));
        var router = await Namespace.CreateAsync(Namespace.UniqueName("fr"));
        var server = await Namespace.CreateAsync(Namespace.UniqueName("fs"));
        await Command.OkAsync("ip", "link", "add", "veth0", "netns", client.Name, "type", "veth", "peer", "name", "client", "netns", router.Name);
        await Command.OkAsync("ip", "link", "add", "veth0", "netns", server.Name, "type", "veth", "peer", "name", "server", "netns", router.Name);
        await ConfigureAsync(client, "veth0", "10.202.1.2/24");
        await ConfigureAsync(server, "veth0", "10.202.2.2/24");
        await ConfigureAsync(router, "client", "10.202.1.1/24");
        await ConfigureAsync(router, "server", "10.202.2.1/24");
        await Command.OkAsync("ip", "-n", client.Name, "route", "add", "default", "via", "10.202.1.1");
        await Command.OkAsync("ip", "-n", server.Name, "route", "add", "default", "via", "10.202.2.1");
        (await router.RunAsync("sysctl", "-qw", "net.ipv4.ip_forward=1")).OrThrow();
        return new Topology("forwarding", client.Path, server.Path, "10.202.2.2", [client, router, server]);
    }

    /// <summary>Two pods of a node of ours.</summary>
    public static Topology Pods(Pod client, Pod server) => new("pods", client.NetnsPath, server.NetnsPath, server.Ipv4, []);

    public async Task StartServerAsync(string netload)
    {
        _server = Command.Start("nsenter", Namespace.Enter(serverNetns, netload, "serve", Port), redirect: true);
        if (await _server.StandardOutput.ReadLineAsync() != "ready")
        {
            throw new InvalidOperationException($"{name}: the load server did not start: {await _server.StandardError.ReadToEndAsync()}");
        }
    }

    /// <summary>Transactions per second (rr, crr) or Mbit/s (stream).</summary>
    public async Task<double> MeasureAsync(string netload, string mode, double seconds)
    {
        var result = await Command.RunAsync("nsenter", Namespace.Enter(clientNetns, netload, mode, serverAddress, Port, seconds.ToString(CultureInfo.InvariantCulture)));
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

    private static async Task ConfigureAsync(Namespace ns, string device, string address)
    {
        await Command.OkAsync("ip", "-n", ns.Name, "address", "add", address, "dev", device);
        await Command.OkAsync("ip", "-n", ns.Name, "link", "set", device, "up");
    }
}
