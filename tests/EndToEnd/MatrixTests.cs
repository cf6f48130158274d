namespace Axoneme.EndToEnd;

/// <summary>
/// Three nodes with two pods each, in each routing mode and family: who reaches whom is measured by real connections, while policies change, an agent is killed
/// and restarted, and the control plane is gone.
/// </summary>
public sealed class MatrixTests
{
    private const int Nodes = 3;
    private static readonly string[] _names = [.. Enumerable.Range(1, Nodes).SelectMany(node => new[] { $"red/r{node}", $"blue/b{node}" })];

    [Theory]
    [InlineData("native", AddressFamilies.IPv4)]
    [InlineData("native", AddressFamilies.IPv6)]
    [InlineData("native", AddressFamilies.Dual)]
    [InlineData("tunnel", AddressFamilies.IPv4)]
    [InlineData("tunnel", AddressFamilies.IPv6)]
    [InlineData("tunnel", AddressFamilies.Dual)]
    public async Task Who_reaches_whom_is_what_policy_says_whatever_happens_to_the_processes(string routing, AddressFamilies family)
    {
        var manifests = Enumerable.Range(1, Nodes).Select(node => ($"pods{node}.yaml", $"{PodOn(node, "red", "r")}\n---\n{PodOn(node, "blue", "b")}")).ToArray();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Nodes = Nodes, Family = family, Routing = routing }, manifests);
        var pods = await cluster.PodsAsync(_names);
        await cluster.EnforcedAsync();
        await IsAsync(cluster, pods, family, (_, _) => true);

        await cluster.EnforceAsync("policy.yaml", Closed("red"));
        await IsAsync(cluster, pods, family, (from, to) => to.StartsWith("blue", StringComparison.Ordinal) || from.StartsWith("red", StringComparison.Ordinal));

        // One agent dies, and comes back under another policy; another does so without the control plane.
        await cluster.Nodes[0].KillServerAsync();
        await IsAsync(cluster, pods, family, (from, to) => to.StartsWith("blue", StringComparison.Ordinal) || from.StartsWith("red", StringComparison.Ordinal));
        await cluster.Nodes[0].StartServerAsync();
        await cluster.EnforceAsync("policy.yaml", Closed("blue"));
        await IsAsync(cluster, pods, family, (from, to) => to.StartsWith("red", StringComparison.Ordinal) || from.StartsWith("blue", StringComparison.Ordinal));
        await cluster.ControlPlane.KillAsync();
        await cluster.Nodes[1].KillServerAsync();
        await cluster.Nodes[1].StartServerAsync();
        await IsAsync(cluster, pods, family, (from, to) => to.StartsWith("red", StringComparison.Ordinal) || from.StartsWith("blue", StringComparison.Ordinal));

        await cluster.StartControlPlaneAsync();
        await cluster.EnforceAsync("policy.yaml", null);
        await IsAsync(cluster, pods, family, (_, _) => true);
    }

    /// <summary>Measures the whole matrix, in every family there is; what is not yet so may become so within a moment.</summary>
    private static async Task IsAsync(Cluster cluster, IReadOnlyDictionary<string, Pod> pods, AddressFamilies family, Func<string, string, bool> expected)
    {
        List<string> wrong = [];
        try
        {
            await cluster.UntilAsync("the matrix is as policy says", async () =>
            {
                var questions = from client in pods.Values from server in pods.Values where client != server from address in Addresses(server, family) select (client, server, address);
                var answers = await Task.WhenAll(questions.Select(async question =>
                {
                    var wanted = expected(question.client.FullName, question.server.FullName);
                    return await question.client.ReachesTcpAsync(question.address, 80) == wanted
                        ? null
                        : $"{question.client.FullName} → {question.server.FullName} {question.address}: expected {(wanted ? "yes" : "no")}";
                }));
                wrong = [.. answers.OfType<string>()];
                return wrong.Count == 0;
            }, TimeSpan.FromSeconds(40));
        }
        catch (TimeoutException)
        {
            Assert.Empty(wrong);
            throw;
        }
    }

    private static IEnumerable<string> Addresses(Pod pod, AddressFamilies family)
    {
        if (family.HasFlag(AddressFamilies.IPv4))
        {
            yield return pod.Ipv4;
        }

        if (family.HasFlag(AddressFamilies.IPv6))
        {
            yield return pod.Ipv6;
        }
    }

    private static string PodOn(int node, string ns, string name) => $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{name}}}{{{node}}}, namespace: {{{ns}}}, labels: {team: {{{ns}}}}}
        spec: {nodeName: n{{{node}}}, containers: [{name: c, image: responder, ports: [{containerPort: 80, protocol: TCP}]}]}
        """;

    /// <summary>A team's pods are reached by its own only.</summary>
    private static string Closed(string ns) => $$$"""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: own-team-only, namespace: {{{ns}}}}
        spec:
          podSelector: {}
          policyTypes: [Ingress]
          ingress:
          - from: [{podSelector: {}}]
        """;
}
