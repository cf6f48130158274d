using System.Diagnostics;
using System.Text.Json;
using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Cni;

/// <summary>How long a container runtime waits for our plugin: the whole call of the binary, ADD up to a hundred pods and DEL down again.</summary>
internal static class CniLatency
{
    private const double LimitMilliseconds = 50;

    public static async Task<List<BenchmarkRow>> RunAsync(int pods)
    {
        var names = Enumerable.Range(0, pods).Select(i => $"pod-{i}").ToArray();
        // Pods that wait for a node of this name are known to the control plane and started by nobody but us.
        var manifest = string.Join("\n---\n", names.Select(name =>
            $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: bench, labels: {{app: a{name[^1]}}}}}\nspec: {{nodeName: elsewhere, containers: [{{name: c, image: i}}]}}"));
        await using var node = await Node.StartAsync(new NodeOptions { Name = "bench" }, ("pods.yaml", manifest));
        var config = JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["cniVersion"] = "1.0.0", ["name"] = "bench", ["type"] = "axoneme-cni", ["agent-socket"] = node.AgentSocket,
        });
        List<Namespace> namespaces = [];
        try
        {
            Report.Progress($"making {pods} network namespaces");
            foreach (var name in names)
            {
                namespaces.Add(await Namespace.CreateAsync(Namespace.UniqueName(name)));
            }

            // Warm the server's code paths: a node that has just started is not what is measured.
            for (var i = 0; i < 5; i++)
            {
                await CallAsync(node, "ADD", names[i], namespaces[i], config);
                await CallAsync(node, "DEL", names[i], namespaces[i], config);
            }

            List<double> add = [], del = [];
            Report.Progress("ADD");
            for (var i = 0; i < pods; i++)
            {
                add.Add(await CallAsync(node, "ADD", names[i], namespaces[i], config));
            }

            Report.Progress("ADD and DEL with all pods present");
            List<double> full = [];
            for (var i = 0; i < pods; i++)
            {
                del.Add(await CallAsync(node, "DEL", names[i], namespaces[i], config));
                full.Add(await CallAsync(node, "ADD", names[i], namespaces[i], config));
            }

            foreach (var (name, ns) in names.Zip(namespaces))
            {
                await CallAsync(node, "DEL", name, ns, config);
            }

            var plain = await PlainDeletionsAsync(node, namespaces);
            BenchmarkRow DelRow(string name, double share)
            {
                var (ours, kernel) = (Statistics.Quantile(del, share), Statistics.Quantile(plain, share));
                return new BenchmarkRow($"CNI DEL {name}, {pods} pods present", "ms", ours, kernel, ours / kernel, $"reference: `ip link del` of such a pair; {del.Count} calls, plugin process included");
            }

            return
            [
                Row("CNI ADD p50, filling up", add, 0.5), Row("CNI ADD p99, filling up", add, 0.99),
                Row($"CNI ADD p50, {pods} pods present", full, 0.5), Row($"CNI ADD p99, {pods} pods present", full, 0.99),
                DelRow("p50", 0.5), DelRow("p99", 0.99),
            ];
        }
        finally
        {
            foreach (var ns in namespaces)
            {
                await ns.DisposeAsync();
            }
        }
    }

    private static BenchmarkRow Row(string name, List<double> samples, double share)
    {
        var value = Statistics.Quantile(samples, share);
        return new BenchmarkRow(name, "ms", value, LimitMilliseconds, value / LimitMilliseconds, $"limit {LimitMilliseconds} ms; {samples.Count} calls, plugin process included");
    }

    /// <summary>What taking away an interface pair costs by itself: most of a DEL is the kernel waiting for whoever may still use it.</summary>
    private static async Task<List<double>> PlainDeletionsAsync(Node node, List<Namespace> namespaces)
    {
        List<double> samples = [];
        for (var i = 0; i < namespaces.Count; i++)
        {
            await Command.OkAsync("ip", "link", "add", $"plain{i}", "netns", node.Namespace.Name, "type", "veth", "peer", "name", "eth9", "netns", namespaces[i].Name);
            await Command.OkAsync("ip", "-n", node.Namespace.Name, "link", "set", $"plain{i}", "up");
            var watch = Stopwatch.StartNew();
            await Command.OkAsync("ip", "-n", node.Namespace.Name, "link", "del", $"plain{i}");
            samples.Add(watch.Elapsed.TotalMilliseconds);
        }

        return samples;
    }

    private static async Task<double> CallAsync(Node node, string command, string pod, Namespace ns, string config)
    {
        var watch = Stopwatch.StartNew();
        // nsenter replaces itself by the plugin; it puts the call into the node's namespace, where the runtime would be.
        var result = await Command.RunAsync("nsenter", Namespace.Enter(node.Namespace.Path, Product.Cni), config, new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command, ["CNI_CONTAINERID"] = $"bench-{pod}", ["CNI_NETNS"] = ns.Path, ["CNI_IFNAME"] = "eth0", ["CNI_PATH"] = "/opt/cni/bin",
            ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE=bench;K8S_POD_NAME={pod};K8S_POD_INFRA_CONTAINER_ID=bench-{pod}",
        });
        var elapsed = watch.Elapsed.TotalMilliseconds;
        result.OrThrow();
        return elapsed;
    }
}
