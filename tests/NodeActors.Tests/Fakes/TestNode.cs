using System.Net;
using System.Text.Json;
using Axoneme.Datapath.InMemory;
using Axoneme.NodeActors.Cni;
using Axoneme.Persistence.InMemory;
using Axoneme.Wire.Agent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>A node on which agents come and go: kernel, interfaces, journal and control plane outlive them.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly JsonElement Config = JsonDocument.Parse("""{"cniVersion":"1.0.0","name":"axoneme","type":"axoneme-cni"}""").RootElement;
    private readonly string _directory = Directory.CreateTempSubdirectory("axoneme-test-").FullName;

    public TestNode()
    {
        Datapath = new RecordingDatapath(Kernel);
        Network = new FakeNetwork(Datapath.Record);
        File.WriteAllText(Netns, "");
    }

    public InMemoryDatapath Kernel { get; } = new();

    public RecordingDatapath Datapath { get; }

    public FakeNetwork Network { get; }

    public InMemoryJournal Journal { get; } = new();

    public FakeControlPlane ControlPlane { get; } = new();

    public NodeAgent? Agent { get; private set; }

    public string Netns => Path.Combine(_directory, "netns");

    public string Socket => Path.Combine(_directory, "agent.sock");

    public NodeAgentOptions Options { get; set; } = new()
    {
        NodeName = "node-a",
        StateDirectory = "/nonexistent",
        PodCidr4 = IPNetwork.Parse("10.1.0.0/24"),
        PodCidr6 = IPNetwork.Parse("fd00:1::/64"),
        HostFirewall = false,
        EndpointHealthChecking = false,
        PodRecordWait = TimeSpan.FromMilliseconds(200),
    };

    public async Task<NodeAgent> StartAsync()
    {
        Options = Options with { SocketPath = Socket };
        var parts = new NodeAgentParts(Datapath, Network, Journal, () => { }) { Tunnel = NodeAgentParts.Prepare(Options, Network).Tunnel };
        Agent = await NodeAgent.StartAsync(
            Options, () => Task.FromResult(parts), ControlPlane, ControlPlane, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        return Agent;
    }

    /// <summary>Ends the agent and keeps everything else.</summary>
    public async Task StopAsync()
    {
        if (Agent is not null)
        {
            await Agent.DisposeAsync();
            Agent = null;
        }
    }

    /// <summary>Publishes and waits until the node has acknowledged it.</summary>
    public async Task PublishAsync(params Wire.State.Record[] records)
    {
        var revision = ControlPlane.Publish(records);
        await Eventually.IsTrue(() => ControlPlane.Acknowledged.Any(a => a.Revision >= revision), $"revision {revision} acknowledged");
    }

    public CniCall Call(string container, string pod = "", JsonElement? config = null) => new(
        container, Netns, "eth0", pod.Length == 0 ? [] : new() { ["K8S_POD_NAMESPACE"] = "default", ["K8S_POD_NAME"] = pod }, config ?? Config);

    public async Task<JsonElement> AddAsync(string container, string pod = "") =>
        JsonDocument.Parse(await Agent!.CniAsync("add", Call(container, pod), CancellationToken.None)).RootElement;

    public Task DeleteAsync(string container) => Agent!.CniAsync("del", Call(container), CancellationToken.None);

    public async Task<CniException> FailAsync(string verb, CniCall call) =>
        await Assert.ThrowsAsync<CniException>(() => Agent!.CniAsync(verb, call, CancellationToken.None));

    public EndpointView Endpoint(string container) => Agent!.GetEndpoints().Single(e => e.ContainerId == container);

    public static string Ipv4(JsonElement result) => result.GetProperty("ips")[0].GetProperty("address").GetString()!;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
