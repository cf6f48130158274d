using System.Text.Json;

namespace Axoneme.Testbed;

/// <summary>
/// A cluster: a control plane process, and nodes with an agent process each on an <see cref="Testbed.Underlay"/>. Its Pods are manifests;
/// spec.nodeName says where one runs, <c>n1</c> when it does not. Everything it made is gone after disposal, and when the test is interrupted.
/// </summary>
public sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Teardown _teardown;
    private readonly Namespace _controlPlaneNamespace;
    private readonly List<ClusterNode> _nodes = [];

    private Cluster(ClusterOptions options, Teardown teardown, Underlay underlay, Namespace controlPlaneNamespace)
    {
        (Options, _teardown, Underlay, _controlPlaneNamespace) = (options, teardown, underlay, controlPlaneNamespace);
        ControlPlane = new ServerProcess(Path.Combine(teardown.Root, "control-plane.log"));
    }

    public ClusterOptions Options { get; }

    public Underlay Underlay { get; }

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<ClusterNode> Nodes => _nodes;

    public ServerProcess ControlPlane { get; }

    public string Manifests => Path.Combine(_teardown.Root, "manifests");

    /// <summary>Where agents reach the control plane.</summary>
    public string StateSocket => Path.Combine(ControlPlaneDirectory, "run", "state.sock");

    public string AdminSocket => Path.Combine(ControlPlaneDirectory, "run", "admin.sock");

    private string ControlPlaneDirectory => Path.Combine(_teardown.Root, "cp");

    /// <summary>Starts a cluster on manifests given as (file name, YAML); returns when every process answers.</summary>
    public static async Task<Cluster> StartAsync(ClusterOptions options, params (string File, string Yaml)[] manifests)
    {
        if (options.Nodes is < 0 or > 15 || options.Id is < 0 or > 15)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"{options.Nodes} nodes of cluster {options.Id}: there is room for 15 nodes each of clusters 0 to 15");
        }

        var underlay = options.Underlay ?? await Underlay.CreateAsync();
        var teardown = Teardown.Begin();
        Cluster? cluster = null;
        try
        {
            cluster = new Cluster(options, teardown, underlay, await teardown.CreateNamespaceAsync("cp"));
            Directory.CreateDirectory(cluster.Manifests);
            foreach (var (file, yaml) in manifests)
            {
                await cluster.ApplyAsync(file, yaml);
            }

            await cluster.StartControlPlaneAsync();
            for (var number = 1; number <= options.Nodes; number++)
            {
                var ns = await teardown.CreateNamespaceAsync(ClusterNode.NameOf(number));
                var root = Path.Combine(teardown.Root, ClusterNode.NameOf(number));
                Directory.CreateDirectory(root);
                cluster._nodes.Add(new ClusterNode(cluster, ns, root, number, await underlay.ConnectAsync(ns, number, options)));
            }

            await Task.WhenAll(cluster._nodes.Select(node => node.StartServerAsync()));
            return cluster;
        }
        catch
        {
            await (cluster?.DisposeAsync() ?? teardown.DisposeAsync());
            if (cluster is null && options.Underlay is null)
            {
                await underlay.DisposeAsync();
            }

            throw;
        }
    }

    public async Task StartControlPlaneAsync()
    {
        ControlPlane.Start(_controlPlaneNamespace,
        [
            "controlplane", "--manifests", Manifests, "--state-dir", Path.Combine(ControlPlaneDirectory, "state"), "--run-dir", Path.Combine(ControlPlaneDirectory, "run"),
            "--admin-address", "none", "--cluster-name", Options.Name, "--cluster-id", $"{Options.Id}", .. Options.ControlPlaneArguments,
        ]);
        await Waiting.UntilAsync("the control plane answers", async () =>
        {
            await AdminAsync("/healthz");
            return File.Exists(StateSocket);
        }, [ControlPlane], Patience);
    }

    /// <summary>Writes a manifest file.</summary>
    public Task ApplyAsync(string file, string yaml) => ManifestFile.WriteAsync(Path.Combine(Manifests, file), yaml);

    /// <summary>Writes a manifest file, or deletes it, and waits until every node enforces what it says. Nothing to do when it says so already.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="yaml">Null to delete it.</param>
    /// <exception cref="FormatException">The control plane refuses a manifest.</exception>
    public async Task EnforceAsync(string file, string? yaml)
    {
        var path = Path.Combine(Manifests, file);
        if ((File.Exists(path) ? await File.ReadAllTextAsync(path) : null) == yaml)
        {
            return;
        }

        var before = (await AdminAsync("/v1/manifests")).GetProperty("version").GetInt64();
        if (yaml is null)
        {
            File.Delete(path);
        }
        else
        {
            await ApplyAsync(file, yaml);
        }

        await UntilAsync($"{file} is read", async () =>
        {
            var manifests = await AdminAsync("/v1/manifests");
            var isRead = manifests.GetProperty("version").GetInt64() > before;
            return isRead && manifests.GetProperty("errors") is var errors && errors.GetArrayLength() > 0 ? throw new FormatException(errors.ToString()) : isRead;
        });
        await EnforcedAsync();
    }

    /// <summary>Waits until every node has in its kernel all that the control plane has said.</summary>
    public async Task EnforcedAsync()
    {
        var said = (await AdminAsync("/v1/state/policy")).GetProperty("revision").GetUInt64();
        foreach (var node in _nodes)
        {
            await UntilAsync($"{node.Name} enforces revision {said}", async () => (await node.AgentAsync("/v1/status")).GetProperty("appliedRevision").GetUInt64() >= said);
        }
    }

    /// <summary>Waits until pods given as namespace/name run, wherever, and returns all that do.</summary>
    public async Task<IReadOnlyDictionary<string, Pod>> PodsAsync(params string[] names)
    {
        Dictionary<string, Pod> pods = [];
        await UntilAsync($"pods {string.Join(", ", names)} are ready", async () =>
        {
            pods = (await Task.WhenAll(_nodes.Where(node => node.Server.IsRunning).Select(node => node.FindPodsAsync()))).SelectMany(found => found).ToDictionary();
            return names.All(pods.ContainsKey);
        });
        return pods;
    }

    /// <summary>GET on the control plane's admin socket.</summary>
    public Task<JsonElement> AdminAsync(string path) => UnixHttp.GetJsonAsync(AdminSocket, path);

    /// <summary>Tries until it holds; on giving up shows the ends of all logs.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan? patience = null) =>
        Waiting.UntilAsync(what, holds, [ControlPlane, .. _nodes.Select(node => node.Server)], patience ?? Patience);

    public async ValueTask DisposeAsync()
    {
        ControlPlane.End();
        foreach (var node in _nodes)
        {
            node.Server.End();
        }

        await _teardown.DisposeAsync();
        if (Options.Underlay is null)
        {
            await Underlay.DisposeAsync();
        }
        else
        {
            await Underlay.DisconnectAsync(_nodes.Select(node => node.Cable), Options);
        }
    }
}
