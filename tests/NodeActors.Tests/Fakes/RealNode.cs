using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Axoneme.Datapath;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Network;
using Axoneme.Persistence.Sqlite;
using Axoneme.Wire.Agent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>A node of real parts in a namespace of its own: eBPF, interfaces, a journal on disk. Needs root.</summary>
internal sealed class RealNode : IAsyncDisposable
{
    private static readonly JsonElement Config = JsonDocument.Parse("""{"cniVersion":"1.0.0","name":"axoneme","type":"axoneme-cni"}""").RootElement;
    private readonly string _id = $"{Environment.ProcessId}{Guid.NewGuid().ToString("N")[..6]}";
    private readonly string _directory = Directory.CreateTempSubdirectory("axoneme-real-").FullName;
    private readonly Dictionary<string, NetworkNamespace> _pods = [];
    private readonly NetworkNamespace _node;

    public RealNode(bool forceClsact)
    {
        _node = NetworkNamespace.Create($"axo-node-{_id}");
        Options = new NodeAgentOptions
        {
            NodeName = "node-a",
            StateDirectory = _directory,
            SocketPath = Path.Combine(_directory, "agent.sock"),
            BpfRoot = $"/sys/fs/bpf/axo-test-{_id}",
            PodCidr4 = IPNetwork.Parse("10.77.0.0/16"),
            PodCidr6 = IPNetwork.Parse("fd77::/64"),
            EndpointHealthChecking = false,
            PodRecordWait = TimeSpan.FromMilliseconds(100),
        };
        DatapathOptions = new() { BpfRoot = Options.BpfRoot, ForceClsact = forceClsact, PolicyEntries = 65536, HostEntries = 65536, PrefixEntries = 65536 };
    }

    public NodeAgentOptions Options { get; set; }

    public NetworkNamespace Namespace => _node;

    public FakeControlPlane ControlPlane { get; } = new();

    public NodeAgent? Agent { get; private set; }

    /// <summary>The kernel's maps.</summary>
    public IDatapath Datapath { get; private set; } = null!;

    /// <summary>How the next start loads the datapath.</summary>
    public DatapathOptions DatapathOptions { get; set; }

    /// <summary>The programs' objects of another version; null for today's.</summary>
    public Func<string, byte[]>? Objects { get; set; }

    public async Task StartAsync()
    {
        var network = new NodeNetwork(NodeNetwork.HostDeviceOf(Options.BpfRoot), _node);
        var (config, tunnel) = NodeAgentParts.Prepare(Options, network);
        Datapath = new NamespacedDatapath(_node, _node.Run(() => NodeDatapath.Open(DatapathOptions with { Config = config }, Objects ?? NodeDatapath.EmbeddedObject)));
        var parts = new NodeAgentParts(Datapath, network, SqliteJournal.Open(Path.Combine(_directory, "agent.db")), () => _node.Run(() => NodeDatapath.Remove(DatapathOptions))) { Tunnel = tunnel };
        Agent = await NodeAgent.StartAsync(Options, () => Task.FromResult(parts), ControlPlane, ControlPlane, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
    }

    /// <summary>Starts with three pods: <c>web-0</c>, which is returned, <c>client-0</c> and <c>stranger-0</c>, each with an identity and a label of its own.</summary>
    public async Task<EndpointView> StartWithPodsAsync()
    {
        await StartAsync();
        await PublishAsync(
            Records.Identity(300, "web"), Records.Identity(301, "client"), Records.Identity(302, "stranger"),
            Records.Pod("web-0", "web", 300), Records.Pod("client-0", "client", 301), Records.Pod("stranger-0", "stranger", 302));
        var web = await AddAsync("web-0");
        await AddAsync("client-0");
        await AddAsync("stranger-0");
        return web;
    }

    public async Task StopAsync()
    {
        if (Agent is not null)
        {
            await Agent.DisposeAsync();
            Agent = null;
        }
    }

    public async Task PublishAsync(params Wire.State.Record[] records)
    {
        var revision = ControlPlane.Publish(records);
        await Eventually.IsTrue(() => ControlPlane.Acknowledged.Any(a => a.Revision >= revision), $"revision {revision} acknowledged: {string.Join("; ", Agent!.GetStatus().Problems)}");
    }

    public NetworkNamespace Netns(string pod)
    {
        if (!_pods.TryGetValue(pod, out var netns))
        {
            _pods[pod] = netns = NetworkNamespace.Create($"axo-{pod}-{_id}");
        }

        return netns;
    }

    public CniCall Call(string pod) =>
        new($"container-{pod}", Netns(pod).Path, "eth0", new() { ["K8S_POD_NAMESPACE"] = "default", ["K8S_POD_NAME"] = pod }, Config);

    public async Task<EndpointView> AddAsync(string pod)
    {
        await Agent!.CniAsync("add", Call(pod), CancellationToken.None);
        return Endpoint(pod);
    }

    public Task CniAsync(string verb, string pod) => Agent!.CniAsync(verb, Call(pod), CancellationToken.None);

    /// <summary>What another node would know of a pod, and its identity.</summary>
    public Wire.State.Record[] Published(string pod, uint identity)
    {
        var endpoint = Endpoint(pod);
        return
        [
            Records.Identity(identity, pod), Records.Pod(pod, pod, identity), Records.Ip(endpoint.Ipv4!, identity, Options.NodeName, pod),
            Records.Ip(endpoint.Ipv6!, identity, Options.NodeName, pod),
        ];
    }

    public EndpointView Endpoint(string pod) => Agent!.GetEndpoints().Single(e => e.Pod == pod);

    /// <summary>Runs <c>ip</c> in the node's namespace.</summary>
    public void Ip(string arguments) => Run($"-n axo-node-{_id} {arguments}");

    /// <summary>A cable between two nodes: interface <c>up0</c> of each, up and without an address.</summary>
    public void Cable(RealNode other)
    {
        Run($"-n axo-node-{_id} link add up0 type veth peer name up0 netns axo-node-{other._id}");
        foreach (var node in new[] { this, other })
        {
            node.Ip("link set lo up");
            node.Ip("link set up0 up");
        }
    }

    private static void Run(string arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ip {arguments}: {errors}");
    }

    public EndpointView HealthEndpoint() => Agent!.GetEndpoints().Single(e => e.Identity == 4);

    /// <summary>Where the health endpoint's namespace is mounted.</summary>
    public string HealthNetns() => $"{NetworkNamespace.Directory}/{NodeDevices.HealthNamespaceOf(Options.BpfRoot)}";

    /// <summary>Begins to listen in a pod.</summary>
    public TcpListener Listen(string pod, string address, int port) => Netns(pod).Run(() =>
    {
        var listener = new TcpListener(IPAddress.Parse(address), port);
        listener.Start();
        return listener;
    });

    /// <summary>Connects from a pod, or from the node when it is null; null when nothing answers within the time.</summary>
    public async Task<Socket?> ConnectAsync(string? pod, string address, int port, int milliseconds = 600)
    {
        var target = IPAddress.Parse(address);
        var socket = (pod is null ? _node : Netns(pod)).Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var patience = new CancellationTokenSource(milliseconds);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(target, port), patience.Token);
            return socket;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Agent is null)
        {
            await StartAsync();
        }

        await Agent!.RemoveEverythingAsync(CancellationToken.None);
        await StopAsync();
        foreach (var (pod, netns) in _pods)
        {
            netns.Dispose();
            NetworkNamespace.Delete($"axo-{pod}-{_id}");
        }

        _node.Dispose();
        NetworkNamespace.Delete($"axo-node-{_id}");
        Directory.Delete(_directory, recursive: true);
        Assert.False(Directory.Exists(Options.BpfRoot), "pins removed");
    }
}
