namespace Axoneme.Testbed;

/// <summary>A node of a <see cref="Cluster"/>: <c>axoneme-server agent</c> behind a cable to the underlay.</summary>
public sealed class ClusterNode : AgentNode
{
    private readonly Cluster _cluster;

    internal ClusterNode(Cluster cluster, Namespace ns, string root, int number, string cable)
        : base(ns, root) => (_cluster, Number, Cable) = (cluster, number, cable);

    /// <summary>From 1.</summary>
    public int Number { get; }

    /// <summary>As Pods name it in spec.nodeName: <c>n1</c>.</summary>
    public string Name => NameOf(Number);

    /// <summary>Its address on <c>eth0</c>; null when it has none of the family.</summary>
    public string? IPv4 => Underlay.IPv4Of(_cluster.Options, Number);

    /// <inheritdoc cref="IPv4"/>
    public string? IPv6 => Underlay.IPv6Of(_cluster.Options, Number);

    /// <summary>The router's end of its cable, in <see cref="Underlay.Router"/>.</summary>
    public string Cable { get; }

    /// <summary>More arguments for its agent, from the next start on.</summary>
    public IReadOnlyList<string> MoreArguments { get; set; } = [];

    public override async Task StartServerAsync()
    {
        var options = _cluster.Options;
        Server.Start(Namespace,
        [
            "agent", "--node-name", Name, "--cluster-name", options.Name, "--control-plane", $"unix:{_cluster.StateSocket}", "--manifests", _cluster.Manifests,
            "--default-node", NameOf(1), "--pod-cidr", IPv4 is null ? "none" : Underlay.PodCidr4(options.Id, Number),
            "--pod-cidr-v6", IPv6 is null ? "none" : Underlay.PodCidr6(options.Id, Number), "--state-dir", StateDirectory, "--run-dir", RunDirectory,
            .. CgroupArguments, "--bpf-root", BpfRoot, "--cni-bin", Product.Cni, "--pod-bin", Product.Pod, "--routing-mode", options.Routing,
            .. options.Arguments, .. options.NodeArguments(Number), .. MoreArguments,
        ]);
        await UntilAsync($"the agent of {Name} answers", async () =>
        {
            await AgentAsync("/v1/status");
            return true;
        });
    }

    /// <summary>Pulls the cable: both ends lose the carrier.</summary>
    public Task UnplugAsync() => _cluster.Underlay.Router.IpAsync($"link set {Cable} down");

    /// <summary>Plugs it in again.</summary>
    public async Task PlugInAsync()
    {
        await _cluster.Underlay.Router.IpAsync($"link set {Cable} up");
        await _cluster.Underlay.RoutePodsAsync(Number, _cluster.Options);
    }

    /// <summary>
    /// Loses packets on the cable, at random, in both directions. (Delay would need sch_netem, which not every kernel has.)
    /// </summary>
    /// <param name="share">From 0, which ends it, to 1.</param>
    public async Task LosePacketsAsync(double share)
    {
        var rules = $"table netdev loss_{Cable} {{}}\ndelete table netdev loss_{Cable}\n";
        if (share > 0)
        {
            // nft refuses a comparison that always holds.
            var drop = share >= 1 ? "drop" : $"numgen random mod 10000 < {Math.Max(1, (int)(share * 10000))} drop";
            rules += $$"""
                table netdev loss_{{Cable}} {
                    chain from { type filter hook ingress device "{{Cable}}" priority 0; {{drop}}; }
                    chain to { type filter hook egress device "{{Cable}}" priority 0; {{drop}}; }
                }
                """;
        }

        (await Command.RunAsync("nsenter", Namespace.Enter(_cluster.Underlay.Router.Path, "nft", "-f", "-"), rules)).OrThrow();
    }

    internal static string NameOf(int number) => $"n{number}";
}
