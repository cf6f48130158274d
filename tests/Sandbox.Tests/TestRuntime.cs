using Axoneme.Sandbox.Probing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.Sandbox.Tests;

/// <summary>
/// A runtime with directories of its own, the real <c>axoneme-pod</c>, real namespaces (root is needed), and a shell script as CNI
/// plugin: it wires a veth pair with a host route, and refuses when the configuration says <c>"refuse"</c>.
/// </summary>
internal sealed class TestRuntime : IAsyncDisposable
{
    private const string Plugin = """
        #!/bin/bash
        config=$(cat)
        dir=$(dirname "$0")
        echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME $CNI_ARGS $config" >> "$dir/calls"
        case "$config" in *refuse*) echo '{"cniVersion":"1.0.0","code":7,"msg":"mtu: \"refuse\" is not a number","details":"Use 1500."}'; exit 1;; esac
        if [ "$CNI_COMMAND" = DEL ] && [ -e "$dir/refuse-del" ]; then echo '{"cniVersion":"1.0.0","code":11,"msg":"agent away"}'; exit 1; fi
        host="axt${CNI_CONTAINERID:0:10}"
        if [ "$CNI_COMMAND" = DEL ]; then ip link del "$host" 2>/dev/null; exit 0; fi
        number=$((16#${CNI_CONTAINERID:0:2} % 250 + 2))
        ip link add "$host" type veth peer name "$CNI_IFNAME" netns "$CNI_NETNS" >&2 || exit 1
        ip addr add 198.18.77.1/32 dev "$host"
        ip link set "$host" up
        ip route add "198.18.77.$number/32" dev "$host"
        ns() { nsenter --net="$CNI_NETNS" ip "$@"; }
        ns addr add "198.18.77.$number/32" dev "$CNI_IFNAME" && ns link set "$CNI_IFNAME" up && ns route add 198.18.77.1/32 dev "$CNI_IFNAME"
        echo "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"198.18.77.$number/32\"}]}"
        """;

    private readonly string _root = Path.Combine("/tmp", $"axt-{Guid.NewGuid().ToString("N")[..8]}");

    public TestRuntime()
    {
        Directory.CreateDirectory(_root);
        var plugin = Path.Combine(_root, "fake-cni");
        File.WriteAllText(plugin, Plugin);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Options = new SandboxOptions
        {
            StateDirectory = Path.Combine(_root, "state"),
            RunDirectory = Path.Combine(_root, "run"),
            CniPlugin = plugin,
            PodProgram = Path.Combine(AppContext.BaseDirectory, "axoneme-pod"),
            AgentSocket = "/run/test/agent.sock",
            Interval = TimeSpan.FromMilliseconds(100),
        };
    }

    public SandboxOptions Options { get; init; }

    public PodSandbox? Sandbox { get; private set; }

    /// <summary>The plugin's calls so far: "COMMAND containerid netns …".</summary>
    public IReadOnlyList<string> Calls => File.Exists(Path.Combine(_root, "calls")) ? File.ReadAllLines(Path.Combine(_root, "calls")) : [];

    public string[] NetworkNamespaces => [.. Sandbox!.Pods.Select(pod => NamespaceOf(pod.ContainerId)).Where(File.Exists)];

    public static PodManifest Pod(string name, ushort[]? tcp = null, ushort[]? udp = null, string? cniConfig = null) => new("shop", name, tcp ?? [80], udp ?? [], cniConfig, "pods.yaml");

    public async Task StartAsync(params PodManifest[] pods)
    {
        Sandbox = await PodSandbox.StartAsync(Options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        Sandbox.SetDesired(pods);
    }

    public ReachabilityMeter Meter() => new(() => Sandbox!.Pods, Sandbox!.HostControlSocket, TimeProvider.System, NullLogger<ReachabilityMeter>.Instance);

    /// <summary>The namespace path that the plugin was given for a container.</summary>
    public string NamespaceOf(string containerId) => Calls.Select(call => call.Split(' ')).First(call => call[1] == containerId)[2];

    public void RefuseDeletes(bool refuse)
    {
        var flag = Path.Combine(_root, "refuse-del");
        if (refuse)
        {
            File.WriteAllText(flag, "");
        }
        else
        {
            File.Delete(flag);
        }
    }

    /// <summary>Waits until the runtime's pods are as expected; fails with what they are after 20 s.</summary>
    public async Task<IReadOnlyList<SandboxPod>> WaitAsync(Func<IReadOnlyList<SandboxPod>, bool> expected)
    {
        for (var attempt = 0; attempt < 400; attempt++)
        {
            if (expected(Sandbox!.Pods))
            {
                return Sandbox.Pods;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"the pods are: {string.Join("; ", Sandbox!.Pods)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (Sandbox is not null)
        {
            await Sandbox.RemoveAllAsync(CancellationToken.None);
            await Sandbox.DisposeAsync();
        }

        Directory.Delete(_root, recursive: true);
    }
}
