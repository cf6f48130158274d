using System.Diagnostics;
using System.Text.Json;
using Axoneme.Datapath.Network;

namespace Axoneme.Testbed;

/// <summary>A node: a network namespace and directories of its own, with a server process that has an agent.</summary>
public abstract class AgentNode
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private protected AgentNode(Namespace ns, string root)
    {
        (Namespace, Root) = (ns, root);
        Server = new ServerProcess(LogFile);
    }

    public string Root { get; }

    public Namespace Namespace { get; }

    public ServerProcess Server { get; }

    public string StateDirectory => Path.Combine(Root, "state");

    public string RunDirectory => Path.Combine(Root, "run");

    public string AgentSocket => Path.Combine(RunDirectory, "agent.sock");

    public string BpfRoot => BpfRootIn(Root);

    /// <summary>Name of the network namespace that the agent makes for the node's health endpoint; it outlives the agent.</summary>
    public string HealthNamespace => NodeDevices.HealthNamespaceOf(BpfRoot);

    public string LogFile => Path.Combine(Root, "server.log");

    /// <summary>
    /// The node's own cgroup, so that its sockets' programs serve nobody else's pods; null where there is no cgroup v2 hierarchy.
    /// </summary>
    public string? Cgroup => CgroupOf(Namespace.Name);

    private protected IEnumerable<string> CgroupArguments => Cgroup is { } cgroup ? ["--cgroup-root", cgroup] : [];

    /// <summary>Runs a program in a pod as a process of the pod's: in its network namespace and in the node's cgroup.</summary>
    public Task<CommandResult> RunInAsync(Pod pod, string program, params string[] arguments)
    {
        var (shell, entering) = Enter(Cgroup ?? throw new InvalidOperationException("no cgroup v2 hierarchy"), pod.NetnsPath, program, arguments);
        return Command.RunAsync(shell, entering);
    }

    /// <summary>Starts one, as <see cref="RunInAsync"/> does, and returns at once; the caller owns the process.</summary>
    public Process StartIn(Pod pod, string program, params string[] arguments)
    {
        var (shell, entering) = Enter(Cgroup ?? throw new InvalidOperationException("no cgroup v2 hierarchy"), pod.NetnsPath, program, arguments);
        return Command.Start(shell, entering, redirect: true);
    }

    /// <summary>Who asks as a process of the pod's own: its sockets are those that the node's programs help.</summary>
    public Asker AskerIn(Pod pod) => new(Path.Combine(RunDirectory, "pods", $"{pod.ContainerId[..12]}.sock"));

    /// <summary>What runs a program in a network namespace, and in a cgroup unless that is null.</summary>
    internal static (string Program, string[] Arguments) Enter(string? cgroup, string netnsPath, string program, params string[] arguments) => cgroup is null
        ? ("nsenter", Namespace.Enter(netnsPath, program, arguments))
        : ("sh", ["-ec", "echo $$ > \"$0\"; exec nsenter \"$@\"", Path.Combine(cgroup, "cgroup.procs"), .. Namespace.Enter(netnsPath, program, arguments)]);

    internal static string? CgroupOf(string namespaceName) => CgroupHierarchy.Find("/sys/fs/cgroup") is { } root ? Path.Combine(root, namespaceName) : null;

    /// <summary>Removes a node's cgroup when its processes are gone.</summary>
    internal static void RemoveCgroup(string namespaceName)
    {
        if (CgroupOf(namespaceName) is not { } cgroup || !Directory.Exists(cgroup))
        {
            return;
        }

        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Delete(cgroup);
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(20); // a killed process leaves it a moment later
            }
        }
    }

    /// <summary>Where a node with a directory of its own has its bpffs.</summary>
    internal static string BpfRootIn(string root) => Path.Combine(root, "bpf");

    /// <summary>Starts the server and waits until it answers.</summary>
    public abstract Task StartServerAsync();

    /// <summary>Ends the server as a crash does.</summary>
    public Task KillServerAsync() => Server.KillAsync();

    /// <summary>Ends the server by a signal it can answer.</summary>
    public Task StopServerAsync(string signal = "TERM") => Server.StopAsync(signal);

    /// <summary>Runs the CLI against this node.</summary>
    public Task<CommandResult> CliAsync(params string[] arguments) => Command.RunAsync(Product.Cli, [.. arguments, "--socket", AgentSocket]);

    /// <summary>Runs the CLI with <c>-o json</c> and reads its answer.</summary>
    public async Task<JsonElement> CliJsonAsync(params string[] arguments)
    {
        var text = (await CliAsync([.. arguments, "-o", "json"])).OrThrow();
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>GET on the agent's Unix socket.</summary>
    public Task<JsonElement> AgentAsync(string path) => UnixHttp.GetJsonAsync(AgentSocket, path);

    /// <summary>GET on a Unix socket, as text.</summary>
    public Task<string> GetTextAsync(string socket, string path) => UnixHttp.GetTextAsync(socket, path);

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

    /// <summary>The pods that run now.</summary>
    /// <param name="state">Their endpoints' state.</param>
    public async Task<Dictionary<string, Pod>> FindPodsAsync(string state = "ready")
    {
        var endpoints = await AgentAsync("/v1/endpoints");
        var sandboxFile = Path.Combine(StateDirectory, "sandbox", "sandbox.json");
        var namespaces = File.Exists(sandboxFile) ? Pod.NetworkNamespaces(await File.ReadAllTextAsync(sandboxFile)) : [];
        return endpoints.EnumerateArray()
            .Where(endpoint => endpoint.GetProperty("state").GetString() == state)
            .Select(endpoint => Pod.From(endpoint, namespaces))
            .OfType<Pod>()
            .ToDictionary(pod => pod.FullName);
    }

    /// <summary>A metric of the agent that has no labels.</summary>
    public async Task<ulong> MetricAsync(string name)
    {
        var line = (await GetTextAsync(AgentSocket, "/metrics")).Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal));
        return ulong.Parse(line[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Tries until it holds; on giving up shows the end of the server's log.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan? patience = null) => Waiting.UntilAsync(what, holds, [Server], patience ?? Patience);

    public string LogTail() => Server.LogTail();
}
