using System.Text.Json;

namespace Axoneme.Testbed;

/// <summary>
/// One node alone: <c>axoneme-server all-in-one</c> running in its namespace on a directory of manifests, as its user would run it.
/// Everything it made is gone after disposal.
/// </summary>
public sealed class Node : AgentNode, IAsyncDisposable
{
    private readonly NodeOptions _options;

    private Node(Namespace ns, string root, NodeOptions options)
        : base(ns, root) => _options = options;

    public string Manifests => Path.Combine(Root, "manifests");

    public string AdminSocket => Path.Combine(RunDirectory, "admin.sock");

    /// <summary>Starts a node on manifests given as (file name, YAML) and waits until its pods run.</summary>
    public static async Task<Node> StartAsync(NodeOptions options, params (string File, string Yaml)[] manifests)
    {
        var name = Namespace.UniqueName(options.Name);
        var node = new Node(await Namespace.CreateAsync(name), Path.Combine(Path.GetTempPath(), name), options);
        try
        {
            Directory.CreateDirectory(node.Manifests);
            foreach (var (file, yaml) in manifests)
            {
                await node.ApplyAsync(file, yaml);
            }

            await node.StartServerAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a manifest file the way an editor does: beside it, then over it.</summary>
    public Task ApplyAsync(string file, string yaml) => ManifestFile.WriteAsync(Path.Combine(Manifests, file), yaml);

    public override async Task StartServerAsync()
    {
        Server.Start(Namespace,
        [
            "all-in-one", "--manifests", Manifests, "--state-dir", StateDirectory, "--run-dir", RunDirectory, "--bpf-root", BpfRoot,
            "--node-name", _options.Name, "--pod-cidr", _options.PodCidr4, "--pod-cidr-v6", _options.PodCidr6, "--admin-address", "127.0.0.1:9870",
            "--cni-bin", Product.Cni, "--pod-bin", Product.Pod, "--no-live", .. CgroupArguments, .. _options.ForceClsact ? ["--force-clsact"] : Array.Empty<string>(), .. _options.Arguments,
        ]);
        await UntilAsync("the server answers", async () =>
        {
            await AdminAsync("/healthz");
            await AgentAsync("/v1/status");
            return true;
        });
    }

    /// <summary>GET on the admin API's Unix socket.</summary>
    public Task<JsonElement> AdminAsync(string path) => UnixHttp.GetJsonAsync(AdminSocket, path);

    public async ValueTask DisposeAsync()
    {
        // Removal goes the product's own way: with no manifests left it takes every pod down.
        foreach (var file in Directory.Exists(Manifests) ? Directory.GetFiles(Manifests) : [])
        {
            File.Delete(file);
        }

        try
        {
            if (!Server.IsRunning && Server.UnaskedExitCode is null && Directory.Exists(StateDirectory))
            {
                await StartServerAsync();
            }

            if (Server.IsRunning)
            {
                await UntilAsync("the pods are gone", async () =>
                    (await AgentAsync("/v1/endpoints")).EnumerateArray().All(endpoint => endpoint.GetProperty("pod").GetString() == ""));
                await StopServerAsync();
            }
        }
        finally
        {
            Server.End();
            await Namespace.DisposeAsync();
            await Command.RunAsync("ip", ["netns", "del", HealthNamespace]);
            RemoveCgroup(Namespace.Name);
            if (Directory.Exists(BpfRoot))
            {
                await Command.RunAsync("umount", ["-l", BpfRoot]);
            }

            if (Directory.Exists(Root))
            {
                Directory.Delete(Root, recursive: true);
            }
        }
    }
}
