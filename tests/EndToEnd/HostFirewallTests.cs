using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd;

/// <summary>Policies for nodes, between nodes, their pods and a host outside: what they say holds in both directions, and none of them cuts a node off.</summary>
public sealed class HostFirewallTests(HostFirewallTests.Bed bed) : IClassFixture<HostFirewallTests.Bed>
{
    private const string PolicyFile = "policy.yaml";
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task What_a_node_receives_and_sends_is_what_the_policies_that_select_it_allow()
    {
        const string Table = """
            n2 -> n1             pass: tcp/7001 udp/7001 ping  drop: tcp/7002 udp/7002
            outside -> n1        pass: tcp/7002                drop: tcp/7001 udp/7002 ping
            client -> n1         pass: tcp/7003                drop: tcp/7001
            neighbour -> n1                                    drop: tcp/7001 tcp/7003
            n1 -> n2             pass: tcp/7001 ping           drop: tcp/7002 udp/7001
            n1 -> outside        pass: tcp/443                 drop: tcp/80 udp/443 ping
            n1 -> client         pass: tcp/80                  drop: tcp/8080
            outside -> n2        pass: tcp/7002 udp/7001
            client, neighbour -> n2           pass: tcp/7002
            n2 -> outside        pass: tcp/80 udp/443 ping
            client, neighbour -> outside      pass: tcp/80 udp/53
            """;
        await bed.Cluster.EnforceAsync(PolicyFile, """
            apiVersion: cilium.io/v2
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: guarded}
            spec:
              nodeSelector: {matchLabels: {role: guarded}}
              ingress:
              - fromEntities: [remote-node]
                toPorts: [{ports: [{port: "7001", protocol: ANY}]}]
              - fromCIDR: [198.51.100.10/32, "2001:db8:51::10/128"]
                toPorts: [{ports: [{port: "7002", protocol: TCP}]}]
              - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": shop, app: client}}]
                toPorts: [{ports: [{port: "7003", protocol: TCP}]}]
              egress:
              - toNodes: [{matchLabels: {role: open}}]
                toPorts: [{ports: [{port: "7001", protocol: TCP}]}]
              - toCIDR: [198.51.100.0/24, "2001:db8:51::/64"]
                toPorts: [{ports: [{port: "443", protocol: TCP}]}]
              - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": shop}}]
                toPorts: [{ports: [{port: "80", protocol: TCP}]}]
            """);
        await ExpectAsync(Table);
        await bed.Cluster.EnforceAsync(PolicyFile, null);
        await ExpectAsync(Table, overruled: true);
    }

    [Fact]
    public async Task A_policy_that_denies_everything_leaves_the_nodes_in_the_cluster()
    {
        const string Table = """
            n1 -> n2, outside            drop: tcp/80 udp/53 tcp/7001
            n2 -> n1                     drop: tcp/7001 udp/7001
            outside -> n1, n2            drop: tcp/7001 udp/7001 ping
            client -> n1, n2             drop: tcp/7001
            client -> neighbour, outside pass: tcp/80
            neighbour -> client          pass: tcp/80 ping
            """;
        await bed.Cluster.EnforceAsync(PolicyFile, """
            apiVersion: cilium.io/v2
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: nothing}
            spec:
              nodeSelector: {}
              ingressDeny: [{fromEntities: [all]}, {fromCIDR: [0.0.0.0/0, "::/0"]}]
              egressDeny: [{toEntities: [all]}, {toCIDR: [0.0.0.0/0, "::/0"]}]
            """);

        // Whoever has forgotten a neighbour's hardware address has to be able to ask for it.
        foreach (var node in bed.Cluster.Nodes)
        {
            await node.Namespace.OkAsync("ip", "neigh", "flush", "dev", "eth0");
        }

        await ExpectAsync(Table);
        await ReachEachOtherAsync();

        // An agent comes back to its cluster, and learns a policy that lets it out again.
        await bed.Cluster.Nodes[0].KillServerAsync();
        await bed.Cluster.Nodes[0].StartServerAsync();
        await bed.Cluster.EnforcedAsync();
        await ExpectAsync(Table);
        await ReachEachOtherAsync();
        await bed.Cluster.EnforceAsync(PolicyFile, null);
        await ExpectAsync("""
            n2 -> n1               pass: tcp/7001 udp/7001
            n1 -> n2, outside      pass: tcp/80 udp/53
            outside -> n1, n2      pass: tcp/7001 udp/7001 ping
            client -> n1, n2       pass: tcp/7001
            """);
    }

    private async Task ReachEachOtherAsync()
    {
        foreach (var node in bed.Cluster.Nodes)
        {
            await bed.Cluster.UntilAsync($"{node.Name} reaches everybody's health endpoint", async () => (await node.CliAsync("health", "status", "--probe")).ExitCode == 0);
        }
    }

    /// <summary>Tries a whole table at once; what passes needs a moment where a route or a neighbour is new.</summary>
    /// <param name="table">See <see cref="ProbeTable"/>.</param>
    /// <param name="overruled">Without the policy, so that it was the policy who dropped it.</param>
    private async Task ExpectAsync(string table, bool overruled = false)
    {
        var surprises = await Task.WhenAll(ProbeTable.Parse(table, bed.Parties).Select(async expected =>
        {
            var shouldPass = expected.Passes || overruled;
            return await expected.Probe.PassesAsync(shouldPass ? Answer : Silence) == shouldPass ? null : $"{expected.Probe} {(shouldPass ? "was dropped" : "passed")}";
        }));
        Assert.True(surprises.All(surprise => surprise is null), string.Join('\n', surprises.OfType<string>()));
    }

    /// <summary>Two nodes on links of their own with a pod each, and the host outside; only n1 is guarded.</summary>
    public sealed class Bed : IAsyncLifetime
    {
        private static readonly int[] _ports = [53, 80, 7001, 7002, 7003];
        private readonly Stack<IAsyncDisposable> _made = [];

        public Cluster Cluster { get; private set; } = null!;

        internal IReadOnlyDictionary<string, Party> Parties { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Cluster = await Cluster.StartAsync(
                new ClusterOptions { Routing = "tunnel", DifferentLinks = true, NodeArguments = number => ["--node-label", $"role={(number == 1 ? "guarded" : "open")}"] },
                ("pods.yaml", """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: client, namespace: shop, labels: {app: client} }
                    spec: {nodeName: n2, containers: [{name: c, image: c, ports: [{containerPort: 80}, {containerPort: 8080}]}]}
                    ---
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: neighbour, namespace: shop, labels: {app: neighbour} }
                    spec: {nodeName: n1, containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}
                    """));
            _made.Push(Cluster);
            foreach (var node in Cluster.Nodes)
            {
                _made.Push(await Responder.StartAsync(node.Namespace.Path, Path.Combine(node.Root, "host.sock"), _ports));
            }

            var pods = await Cluster.PodsAsync("shop/client", "shop/neighbour");
            Parties = Cluster.Nodes.Select(Party.Of).Concat(pods.Values.Select(pod => Party.Of(pod) with { Name = pod.FullName.Split('/')[1] })).Append(Party.Outside(Cluster.Underlay))
                .ToDictionary(party => party.Name);
            await Cluster.EnforcedAsync();
            await Cluster.UntilAsync("pods reach each other", async () => await pods["shop/client"].ReachesTcpAsync(pods["shop/neighbour"].Ipv4, 80));
        }

        public async Task DisposeAsync()
        {
            foreach (var made in _made)
            {
                await made.DisposeAsync();
            }
        }
    }
}
