using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Nodes;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.ControlPlane.Manifests;
using Axoneme.ControlPlane.Services;
using Axoneme.ControlPlane.Tests.Engine;
using Axoneme.ControlPlane.Tests.Entities;
using Axoneme.Kubernetes;
using Axoneme.Persistence.InMemory;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.ControlPlane.Tests.Services;

/// <summary>Manifests, engine and derived slices together, on a journal that outlives them.</summary>
internal sealed class ServicesFixture : IAsyncDisposable
{
    private readonly Dictionary<string, FileContent> _files = [];
    private ManifestSet _set = new();
    private SliceController _slices = null!;
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private ServicesFixture(InMemoryJournal journal, EngineFixture engine) => (Journal, Engine) = (journal, engine);

    public InMemoryJournal Journal { get; }

    public EngineFixture Engine { get; }

    public ManifestSync Sync { get; private set; } = null!;

    public static async Task<ServicesFixture> StartAsync()
    {
        var time = new TestTime();
        var journal = new InMemoryJournal(time);
        var fixture = new ServicesFixture(journal, await EngineFixture.StartAsync(() => journal, time, null, Given.Kinds()));
        await fixture.LoadAsync();
        return fixture;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Engine.DisposeAsync();
    }

    /// <summary>Writes a file; without documents it is removed.</summary>
    public Task ApplyAsync(string file, params string[] documents)
    {
        Write(file, documents);
        return Sync.ApplyAsync(_set.Current, CancellationToken.None);
    }

    public void Write(string file, params string[] documents)
    {
        if (documents.Length == 0)
        {
            _files.Remove(file);
        }
        else
        {
            _files[file] = new FileContent(string.Join("---\n", documents));
        }
        _set.Update(new Dictionary<string, FileContent>(_files));
    }

    public Task ReportAsync(string pod, params string[] addresses) => Engine.AskAsync(
        EndpointKind.AddressOf("shop", pod),
        new ReportEndpoint(new EndpointReport
        {
            Node = "n1", Namespace = "shop", Pod = pod, ContainerId = "c", Addresses = { addresses }, Removed = addresses.Length == 0,
        }));

    public Task RegisterAsync(string node, string zone, params string[] addresses) => Engine.AskAsync(
        NodeKind.AddressOf(node),
        new RegisterNode(new NodeRegistration { Name = node, Addresses = { addresses }, PodCidrs = { "10.244.0.0/24", "fd00:10:244::/64" }, Labels = { ["topology.kubernetes.io/zone"] = zone } }));

    /// <summary>Stops everything wherever it is and starts again on the journal.</summary>
    /// <param name="deriving">Whether slices are derived afterwards.</param>
    public async Task RestartAsync(bool deriving = true)
    {
        await StopAsync();
        await Engine.CrashAndRestartAsync();
        _set = new ManifestSet();
        _set.Update(new Dictionary<string, FileContent>(_files));
        await LoadAsync(deriving);
    }

    public ServiceRecord? Service(string name) => Engine.Log.Find(RecordKind.Service, $"shop/{name}")?.Service;

    /// <summary>What a service in force selects.</summary>
    public IDictionary<string, string> SelectorOf(string name) =>
        Engine.AskAsync(ServiceKind.AddressOf("shop", name), new GetService()).GetAwaiter().GetResult().Applied.Selector;

    /// <summary>The slices of a service as lines: <c>name: ports -&gt; addresses</c>.</summary>
    public string[] Slices(string service) =>
    [
        .. Engine.Log.List(RecordKind.EndpointSlice).Select(record => record.EndpointSlice).Where(slice => slice.Service == service).Select(slice =>
            $"{slice.Name}: {string.Join(' ', slice.Ports.Select(port => $"{port.Name}={port.Port}/{port.Protocol}"))} -> {string.Join(' ', slice.Endpoints.Select(end => string.Join(',', end.Addresses)))}"),
    ];

    public Task SlicesAreAsync(string service, params string[] expected) =>
        Waiting.UntilAsync(() => Slices(service).SequenceEqual(expected), $"{service} has {string.Join("; ", expected)}");

    private async Task LoadAsync(bool deriving = true)
    {
        Sync = await ManifestSync.LoadAsync(Engine.Engine, "home", Engine.Time, NullLogger<ManifestSync>.Instance, CancellationToken.None);
        _slices = new SliceController(Engine.Engine, Engine.Time, NullLogger<SliceController>.Instance);
        _stop = new CancellationTokenSource();
        _running = deriving ? Task.Run(() => _slices.RunAsync(_stop.Token)) : Task.CompletedTask;
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _slices.Dispose();
        _stop.Dispose();
    }
}
