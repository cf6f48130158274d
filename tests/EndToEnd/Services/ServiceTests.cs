using System.Text.RegularExpressions;

namespace Axoneme.EndToEnd.Services;

/// <summary>Services of a cluster of two nodes, by real clients: pods that are helped at their sockets, pods that are not, and the outside.</summary>
public sealed class ServiceTests
{
    private const int NodePort = 30080;

    private const string Services = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec:
          type: NodePort
          selector: {app: web}
          ipFamilyPolicy: RequireDualStack
          clusterIPs: [10.96.0.10, "fd00:10:96::10"]
          ports: [{name: http, port: 80, targetPort: http, nodePort: 30080}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: nobody, namespace: shop}
        spec:
          type: NodePort
          selector: {app: nobody}
          ipFamilyPolicy: RequireDualStack
          clusterIPs: [10.96.0.11, "fd00:10:96::11"]
          ports: [{port: 80, nodePort: 30081}]
        """;

    private static readonly string[] _clusterIps = ["10.96.0.10", "[fd00:10:96::10]"];

    [Theory]
    [InlineData("native")]
    [InlineData("tunnel")]
    public async Task Services_lead_to_their_pods_whoever_asks_and_whatever_happens(string routing)
    {
        await using var cluster = await Cluster.StartAsync(
            new ClusterOptions { Nodes = 2, Routing = routing },
            ("client.yaml", PodOn(1, "client", "client")), ("web1.yaml", PodOn(1, "web1", "web")), ("web2.yaml", PodOn(2, "web2", "web")), ("services.yaml", Services));
        var (one, client) = (cluster.Nodes[0], (await cluster.PodsAsync("shop/client", "shop/web1", "shop/web2"))["shop/client"]);
        await cluster.EnforcedAsync();
        string[] nodePorts = [$"{one.IPv4}:{NodePort}", $"[{one.IPv6}]:{NodePort}"];

        // From a pod by its sockets and by its packets alone, and from outside.
        foreach (var address in _clusterIps)
        {
            await AssertAnswerAsync(cluster, ["web1", "web2"], () => one.RunInAsync(client, "curl", Curl(address)));
            await AssertAnswerAsync(cluster, ["web1", "web2"], () => client.RunAsync("curl", Curl(address)));
        }

        foreach (var address in nodePorts)
        {
            await AssertAnswerAsync(cluster, ["web1", "web2"], () => one.RunInAsync(client, "curl", Curl(address)));
            await AssertAnswerAsync(cluster, ["web1", "web2"], () => cluster.Underlay.Outside.RunAsync("curl", Curl(address)));
        }

        // At another node, by the pod's sockets.
        var two = cluster.Nodes[1];
        foreach (var address in new[] { $"{two.IPv4}:{NodePort}", $"[{two.IPv6}]:{NodePort}" })
        {
            await AssertAnswerAsync(cluster, ["web1", "web2"], () => one.RunInAsync(client, "curl", Curl(address)));
        }

        // Nobody there: refused at once.
        const int couldNotConnect = 7;
        foreach (var address in new[] { "10.96.0.11", "[fd00:10:96::11]" })
        {
            Assert.Equal(couldNotConnect, (await one.RunInAsync(client, "curl", Curl(address))).ExitCode);
            Assert.Equal(couldNotConnect, (await client.RunAsync("curl", Curl(address))).ExitCode);
        }

        Assert.Equal(couldNotConnect, (await cluster.Underlay.Outside.RunAsync("curl", Curl($"{one.IPv4}:30081"))).ExitCode);

        // The agents are gone, and come back.
        foreach (var node in cluster.Nodes)
        {
            await node.KillServerAsync();
        }

        await cluster.ControlPlane.KillAsync();
        await AssertNoFailureAsync(20, () => one.RunInAsync(client, "curl", Curl(_clusterIps[0])));
        await AssertNoFailureAsync(20, () => cluster.Underlay.Outside.RunAsync("curl", Curl(nodePorts[1])));
        await Task.WhenAll(cluster.Nodes.Select(node => node.StartServerAsync()));
        await AssertNoFailureAsync(20, () => client.RunAsync("curl", Curl(_clusterIps[1])));
        await cluster.StartControlPlaneAsync();

        // A backend goes: nobody is sent there any more.
        await cluster.EnforceAsync("web2.yaml", null);
        foreach (var address in _clusterIps)
        {
            await cluster.UntilAsync($"{address} leads to web1 alone", async () =>
            {
                var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => one.RunInAsync(client, "curl", Curl(address))));
                return answers.All(answer => answer.Output.Contains("web1", StringComparison.Ordinal));
            });
        }

        await AssertNoFailureAsync(20, () => cluster.Underlay.Outside.RunAsync("curl", Curl(nodePorts[0])));
        var table = (await one.CliAsync("service", "list")).OrThrow();
        Assert.Matches(new Regex(@"10\.96\.0\.10:80\S*\s+ClusterIP\s+1 => "), table);
    }

    private static string[] Curl(string address) => ["-sS", "--max-time", "3", $"http://{address}/"];

    /// <summary>Everybody who serves answers within some questions, and no question fails.</summary>
    private static async Task AssertAnswerAsync(Cluster cluster, string[] names, Func<Task<CommandResult>> ask)
    {
        var heard = new HashSet<string>();
        await cluster.UntilAsync($"{string.Join(", ", names)} answer, not only {string.Join(", ", heard)}", async () =>
        {
            var answer = await ask();
            if (answer.ExitCode == 0)
            {
                heard.Add(answer.Output.Split('\n')[0].Split('/')[^1]);
            }

            return names.All(heard.Contains);
        });
        await AssertNoFailureAsync(5, ask);
    }

    private static async Task AssertNoFailureAsync(int times, Func<Task<CommandResult>> ask)
    {
        for (var i = 0; i < times; i++)
        {
            (await ask()).OrThrow();
        }
    }

    private static string PodOn(int node, string name, string app) => $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{name}}}, namespace: shop, labels: {app: {{{app}}}}}
        spec: {nodeName: n{{{node}}}, containers: [{name: c, image: responder, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]}
        """;
}
