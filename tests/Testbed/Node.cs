using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Axoneme.Testbed;

/// <summary>
/// One node: a network namespace, directories of its own, and <c>axoneme-server all-in-one</c> running in it on a directory of
/// manifests, as its user would run it. Everything it made is gone after disposal.
/// </summary>
public sealed class Node : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Namespace _namespace;
    private readonly NodeOptions _options;
    private readonly List<Process> _processes = [];
    private Process? _server;

    private Node(Namespace ns, string root, NodeOptions options) => (_namespace, Root, _options) = (ns, root, options);

    public string Root { get; }

    public string Manifests => Path.Combine(Root, "manifests");

    public string StateDirectory => Path.Combine(Root, "state");

    public string AgentSocket => Path.Combine(Root, "run", "agent.sock");

    public string AdminSocket => Path.Combine(Root, "run", "admin.sock");

    public string BpfRoot => Path.Combine(Root, "bpf");

    public string LogFile => Path.Combine(Root, "server.log");

    public Namespace Namespace => _namespace;

    /// <summary>The server's process id.</summary>
    public int ServerId => _server?.Id ?? throw new InvalidOperationException("the server is not running");

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
    public async Task ApplyAsync(string file, string yaml)
    {
        var path = Path.Combine(Manifests, file);
        await File.WriteAllTextAsync(path + "~", yaml);
        File.Move(path + "~", path, overwrite: true);
    }

    public async Task StartServerAsync()
    {
        string[] arguments =
        [
            "all-in-one", "--manifests", Manifests, "--state-dir", StateDirectory, "--run-dir", Path.Combine(Root, "run"), "--bpf-root", BpfRoot,
            "--node-name", _options.Name, "--pod-cidr", _options.PodCidr4, "--pod-cidr-v6", _options.PodCidr6, "--admin-address", "127.0.0.1:9870",
            "--cni-bin", Product.Cni, "--pod-bin", Product.Pod, "--no-live", .. _options.ForceClsact ? ["--force-clsact"] : Array.Empty<string>(), .. _options.Arguments,
        ];
        // A shell writes the log, so that it goes on when the test's reader is gone, and execs into the server.
        _server = Command.Start("sh", ["-c", $"exec nsenter --net={_namespace.Path} -- \"$0\" \"$@\" >>{LogFile} 2>&1 </dev/null", Product.Server, .. arguments], redirect: false);
        await UntilAsync("the server answers", async () =>
        {
            await AdminAsync("/healthz");
            await AgentAsync("/v1/status");
            return true;
        });
    }

    /// <summary>Ends the server as a crash does.</summary>
    public async Task KillServerAsync()
    {
        _server!.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
        _server = null;
    }

    /// <summary>Ends the server by a signal it can answer.</summary>
    public async Task StopServerAsync(string signal = "TERM")
    {
        await Command.OkAsync("kill", $"-{signal}", ServerId.ToString());
        await _server!.WaitForExitAsync(new CancellationTokenSource(Patience).Token);
        _server.Dispose();
        _server = null;
    }

    /// <summary>Runs the CLI against this node.</summary>
    public Task<CommandResult> CliAsync(params string[] arguments) => Command.RunAsync(Product.Cli, [.. arguments, "--socket", AgentSocket]);

    /// <summary>Runs the CLI with <c>-o json</c> and reads its answer.</summary>
    public async Task<JsonElement> CliJsonAsync(params string[] arguments)
    {
        var text = (await CliAsync([.. arguments, "-o", "json"])).OrThrow();
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>GET on the admin API's Unix socket.</summary>
    public Task<JsonElement> AdminAsync(string path) => GetAsync(AdminSocket, path);

    /// <summary>GET on the agent's Unix socket.</summary>
    public Task<JsonElement> AgentAsync(string path) => GetAsync(AgentSocket, path);

    /// <summary>Waits until pods given as namespace/name run and are ready, and returns them.</summary>
    public async Task<IReadOnlyDictionary<string, Pod>> PodsAsync(params string[] names)
    {
        Dictionary<string, Pod> pods = [];
        await UntilAsync($"pods {string.Join(", ", names)} are ready", async () =>
        {
            pods = await FindPodsAsync();
            return names.All(pods.ContainsKey);
        });
        return pods;
    }

    /// <summary>Tries until it holds; on giving up shows the end of the server's log.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        Exception? last = null;
        while (watch.Elapsed < (patience ?? Patience))
        {
            if (_server is { HasExited: true })
            {
                throw new InvalidOperationException($"waiting until {what}: the server ended with {_server.ExitCode}\n{LogTail()}");
            }

            try
            {
                if (await holds())
                {
                    return;
                }

                last = null;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException or KeyNotFoundException)
            {
                last = exception;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"not within {(patience ?? Patience).TotalSeconds:0} s: {what}\n{last?.Message}\n{LogTail()}");
    }

    /// <summary>Starts a program in a pod's namespace; it ends with the node.</summary>
    public Process StartIn(Pod pod, string program, params string[] arguments)
    {
        var process = Command.Start("nsenter", Namespace.Enter(pod.NetnsPath, program, arguments), redirect: true);
        _processes.Add(process);
        return process;
    }

    public string LogTail() => File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(30)) : "(no log)";

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }

        // Removal goes the product's own way: with no manifests left it takes every pod down.
        foreach (var file in Directory.Exists(Manifests) ? Directory.GetFiles(Manifests) : [])
        {
            File.Delete(file);
        }

        try
        {
            if (_server is null && Directory.Exists(StateDirectory))
            {
                await StartServerAsync();
            }

            if (_server is not null)
            {
                await UntilAsync("the pods are gone", async () =>
                    (await AgentAsync("/v1/endpoints")).EnumerateArray().All(endpoint => endpoint.GetProperty("pod").GetString() == ""));
                await StopServerAsync();
            }
        }
        finally
        {
            if (_server is { HasExited: false })
            {
                _server.Kill();
            }

            await _namespace.DisposeAsync();
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

    private async Task<Dictionary<string, Pod>> FindPodsAsync()
    {
        var endpoints = await AgentAsync("/v1/endpoints");
        var sandboxFile = Path.Combine(StateDirectory, "sandbox", "sandbox.json");
        var namespaces = File.Exists(sandboxFile) ? Pod.NetworkNamespaces(await File.ReadAllTextAsync(sandboxFile)) : [];
        return endpoints.EnumerateArray()
            .Where(endpoint => endpoint.GetProperty("state").GetString() == "ready")
            .Select(endpoint => Pod.From(endpoint, namespaces))
            .OfType<Pod>()
            .ToDictionary(pod => pod.FullName);
    }

    /// <summary>GET on a Unix socket, as text.</summary>
    public async Task<string> GetTextAsync(string socket, string path)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        using var response = await client.GetAsync($"http://localhost{path}");
        var text = await response.Content.ReadAsStringAsync();
        return response.StatusCode == HttpStatusCode.OK
            ? text
            : throw new HttpRequestException($"GET {path}: {(int)response.StatusCode} {text}", null, response.StatusCode);
    }

    private async Task<JsonElement> GetAsync(string socket, string path)
    {
        using var document = JsonDocument.Parse(await GetTextAsync(socket, path));
        return document.RootElement.Clone();
    }
}
