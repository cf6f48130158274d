using System.Globalization;

namespace Axoneme.EndToEnd.Services;

/// <summary>Backends come and go under load, as a rollout makes them, and nobody notices.</summary>
public sealed class ChurnTests
{
    private const int Rounds = 2;

    /// <summary>How long a backend that is going still serves.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Longer than a connection takes to be established that began before.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task No_request_fails_while_backends_come_and_go()
    {
        var service = new ManualService("churn", 1);
        await using var cluster = await Cluster.StartAsync(
            new ClusterOptions { Drivers = true, Arguments = ["--bpf-lb-acceleration", "native"] },
            ("pods.yaml", string.Join("\n---\n", ManualService.Pod("client", 1), ManualService.Pod("stay", 2))), ("service.yaml", service.Yaml));
        var pods = await cluster.PodsAsync("shop/client", "shop/stay");
        await cluster.EnforceAsync("stay-slice.yaml", Endpoint.Slices("stay", "churn", new Endpoint(pods["shop/stay"], 2)));
        var (one, client, outside) = (cluster.Nodes[0], pods["shop/client"], cluster.Underlay.Outside);
        string[] inside = [$"http://{service.ClusterIp(4)}/", $"http://[{service.ClusterIp(6)}]/"];
        string[] beyond = [$"http://{one.IPv4}:{service.NodePort}/", $"http://[{one.IPv6}]:{service.NodePort}/"];
        await cluster.UntilAsync("the service answers", async () => (await outside.RunAsync("curl", ["-sS", "--max-time", "3", .. beyond])).ExitCode == 0);

        var loads = new List<Load>();
        try
        {
            foreach (var (keep, family) in new[] { (false, 0), (true, 1) })
            {
                loads.Add(await Load.StartAsync("sockets", (program, arguments) => one.StartIn(client, program, arguments), inside[family], keep, one.Root));
                loads.Add(await Load.StartAsync("packets", client.Start, inside[1 - family], keep, one.Root));
                loads.Add(await Load.StartAsync("outside", outside.Start, beyond[family], keep, one.Root));
            }

            await Task.WhenAll(cluster.Nodes.Select(async node =>
            {
                for (var round = 1; round <= Rounds; round++)
                {
                    await ComeAndGoAsync(cluster, $"go{node.Number}{round}", node.Number);
                }
            }));
            foreach (var load in loads)
            {
                Assert.InRange(await load.AssertNoFailureAsync(), 100, int.MaxValue);
            }
        }
        finally
        {
            foreach (var load in loads)
            {
                await load.DisposeAsync();
            }
        }
    }

    /// <summary>The life of a backend: it serves, it terminates and gets nobody new, those that it has leave it, and it is gone.</summary>
    private static async Task ComeAndGoAsync(Cluster cluster, string name, int node)
    {
        var (podFile, sliceFile) = ($"{name}.yaml", $"{name}-slice.yaml");
        await cluster.ApplyAsync(podFile, ManualService.Pod(name, node));
        var pod = (await cluster.PodsAsync($"shop/{name}"))[$"shop/{name}"];
        await cluster.EnforceAsync(sliceFile, Endpoint.Slices(name, "churn", new Endpoint(pod, node)));
        await cluster.UntilAsync($"{name} serves", async () => await AcceptedAsync(pod) > 20);

        await cluster.EnforceAsync(sliceFile, Endpoint.Slices(name, "churn", new Endpoint(pod, node, EndpointState.Terminating)));
        await Task.Delay(Moment);
        var accepted = await AcceptedAsync(pod);
        await Task.Delay(Grace);
        Assert.Equal(accepted, await AcceptedAsync(pod));
        await cluster.UntilAsync($"everybody has left {name}", async () => (await pod.RunAsync("ss", "-Htn", "state", "established")).OrThrow().Length == 0);

        await cluster.EnforceAsync(sliceFile, null);
        await cluster.EnforceAsync(podFile, null);
    }

    /// <summary>How many connections a pod was the server of, by its kernel's count.</summary>
    private static async Task<long> AcceptedAsync(Pod pod)
    {
        var lines = (await pod.RunAsync("cat", "/proc/net/snmp")).OrThrow().Split('\n').Where(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
        return long.Parse(lines[1][Array.IndexOf(lines[0], "PassiveOpens")], CultureInfo.InvariantCulture);
    }
}
