using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Axoneme.Datapath.Network;

namespace Axoneme.Testbed;

/// <summary>A running pod of a <see cref="Node"/>.</summary>
public sealed record Pod(string FullName, ushort EndpointId, uint Identity, string Ipv4, string Ipv6, string NetnsPath, string ContainerId)
{
    /// <summary>Runs a program in the pod's network namespace.</summary>
    public Task<CommandResult> RunAsync(string program, params string[] arguments) =>
        Command.RunAsync("nsenter", Namespace.Enter(NetnsPath, program, arguments));

    /// <summary>Starts a program in the pod's network namespace and returns at once; the caller owns the process.</summary>
    public Process Start(string program, params string[] arguments) => Command.Start("nsenter", Namespace.Enter(NetnsPath, program, arguments), redirect: true);

    /// <summary>A TCP connection from inside the pod, or null when it was not answered within <paramref name="milliseconds"/>.</summary>
    public async Task<Socket?> ConnectAsync(string address, int port, int milliseconds = 700)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        var socket = InPod(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            using var limit = new CancellationTokenSource(milliseconds);
            await socket.ConnectAsync(target, limit.Token);
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>True when a TCP connection from inside the pod is answered.</summary>
    public async Task<bool> ReachesTcpAsync(string address, int port)
    {
        using var socket = await ConnectAsync(address, port);
        return socket is not null;
    }

    /// <summary>True when a UDP datagram from inside the pod is echoed.</summary>
    public async Task<bool> ReachesUdpAsync(string address, int port)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        using var socket = InPod(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using var limit = new CancellationTokenSource(700);
        try
        {
            await socket.ConnectAsync(target, limit.Token);
            await socket.SendAsync("hello"u8.ToArray(), limit.Token);
            return await socket.ReceiveAsync(new byte[100], limit.Token) == 5;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A listening TCP socket of both families inside the pod.</summary>
    public Socket Listen(int port) => InPod(() =>
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        socket.Listen();
        return socket;
    });

    /// <summary>An ICMP echo; true when the reply came.</summary>
    public async Task<bool> PingsAsync(string address) => (await RunAsync("ping", "-c", "1", "-W", "1", address)).ExitCode == 0;

    /// <summary>A socket belongs to the namespace it was made in, whoever uses it afterwards.</summary>
    private T InPod<T>(Func<T> make)
    {
        using var ns = NetworkNamespace.Open(NetnsPath);
        return ns.Run(make);
    }

    internal static Pod? From(JsonElement endpoint, IReadOnlyDictionary<string, string> namespaces)
    {
        var name = $"{endpoint.GetProperty("namespace").GetString()}/{endpoint.GetProperty("pod").GetString()}";
        return namespaces.TryGetValue(name, out var netns)
            ? new Pod(name, endpoint.GetProperty("id").GetUInt16(), endpoint.GetProperty("identity").GetUInt32(), Text("ipv4"), Text("ipv6"),
                $"/run/netns/{netns}", endpoint.GetProperty("containerId").GetString()!)
            : null;

        string Text(string property) => endpoint.TryGetProperty(property, out var value) ? value.GetString()! : "";
    }

    /// <summary>Pod → name of its network namespace, from the sandbox's own record; only pods whose program runs.</summary>
    internal static Dictionary<string, string> NetworkNamespaces(string sandboxJson)
    {
        using var document = JsonDocument.Parse(sandboxJson);
        return document.RootElement.EnumerateArray()
            .Where(pod => pod.TryGetProperty("process", out var process) && process.ValueKind != JsonValueKind.Null)
            .ToDictionary(pod => $"{pod.GetProperty("namespace").GetString()}/{pod.GetProperty("name").GetString()}", pod => pod.GetProperty("networkNamespace").GetString()!);
    }
}
