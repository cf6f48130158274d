namespace Axoneme.Policy.Tests;

/// <summary>What is left to a node that policies forbid everything.</summary>
public sealed class ControlTrafficTests
{
    private const uint Worker = 2u << 24 | 1;
    private const uint Master = 2u << 24 | 2;
    private const uint CloudApi = 1u << 24 | 1;
    private const uint Pod = 1000;

    private const string NothingMayPass =
        "{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: p}, spec: {nodeSelector: {}, ingressDeny: [{fromEntities: [all]}], egressDeny: [{toEntities: [all]}]}}";

    private readonly PolicyEngine _engine = new("default", new ControlTraffic { TunnelPort = 8472, ControlPlanePort = 9871 });
    private readonly PolicySubject _node = new(NodeLabels.OfHost([new("zone", "a")], servesApi: false));

    public ControlTrafficTests()
    {
        _engine.UpsertIdentity(Worker, NodeLabels.OfRemote([new("zone", "a")], servesApi: false));
        _engine.UpsertIdentity(Master, NodeLabels.OfRemote([], servesApi: true));
        _engine.UpsertIdentity(CloudApi, NodeLabels.ServingApi(CidrText.LabelsOf(System.Net.IPNetwork.Parse("203.0.113.5/32"))));
        _engine.UpsertIdentity(Pod, LabelSet.Parse(["k8s:app=web"]));
        Apply(NothingMayPass);
    }

    [Theory]
    [InlineData(Worker, "in", "1/3 1/8 6/4240 17/68 17/546 17/8472 58/2 58/128 58/130-137 58/143")]
    [InlineData(Worker, "out", "1/3 1/8 6/4240 6/9871 17/67 17/547 17/8472 58/2 58/128 58/130-137 58/143")]
    [InlineData(Master, "in", "1/3 1/8 6/4240 17/68 17/546 17/8472 58/2 58/128 58/130-137 58/143")]
    [InlineData(Master, "out", "1/3 1/8 6/0-65535 17/67 17/547 17/8472 58/2 58/128 58/130-137 58/143")]
    [InlineData(ReservedIdentity.RemoteNode, "in", "1/3 1/8 6/4240 17/68 17/546 17/8472 58/2 58/128 58/130-137 58/143")]
    [InlineData(ReservedIdentity.KubeApiServer, "out", "1/3 1/8 6/0-65535 17/67 17/547 17/8472 58/2 58/128 58/130-137 58/143")]
    [InlineData(ReservedIdentity.Health, "in", "1/3 1/8 6/4240 17/68 17/546 58/2 58/128 58/130-137 58/143")]
    [InlineData(CloudApi, "in", "1/3 17/68 17/546 58/2 58/130-137 58/143")]
    [InlineData(CloudApi, "out", "1/3 6/0-65535 17/67 17/547 58/2 58/130-137 58/143")]
    [InlineData(ReservedIdentity.WorldIPv4, "in", "1/3 17/68 17/546 58/2 58/130-137 58/143")]
    [InlineData(ReservedIdentity.WorldIPv4, "out", "1/3 6/9871 17/67 17/547 58/2 58/130-137 58/143")]
    [InlineData(Pod, "in", "1/3 17/68 17/546 58/2 58/130-137 58/143")]
    [InlineData(4711u, "out", "1/3 6/9871 17/67 17/547 58/2 58/130-137 58/143")]
    public void A_node_that_policies_forbid_everything_keeps(uint peer, string direction, string expected)
    {
        var resolved = _engine.Resolve(_node);
        var way = direction == "in" ? PolicyDirection.Ingress : PolicyDirection.Egress;
        var intervals = resolved.Entries.TryGetValue(new PolicyMapKey(way, peer), out var own) ? own : resolved.Entries[new PolicyMapKey(way, 0)];
        var passing = intervals.Where(interval => interval.Verdict == PolicyVerdict.Allow).ToList();
        Assert.All(passing, interval => Assert.Equal(ImplicitRule.ControlTraffic, interval.Rule));
        Assert.Equal(expected, string.Join(' ', passing.Select(interval =>
            $"{interval.Low >> 16}/{interval.Low & 0xFFFF}{(interval.Low == interval.High ? "" : $"-{interval.High & 0xFFFF}")}")));
    }

    [Fact]
    public void A_pod_has_no_such_right()
    {
        Apply("{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: q}, spec: {endpointSelector: {}, egressDeny: [{toEntities: [all]}]}}");
        var pod = _engine.Resolve(new PolicySubject(LabelSet.Parse(["k8s:app=web"])));
        Assert.Equal(PolicyVerdict.Deny, pod.Lookup(PolicyDirection.Egress, Worker, TrafficMatch.ClassOf(IpProtocol.Tcp, 4240)).Verdict);
    }

    [Fact]
    public void A_node_that_comes_or_changes_gains_and_loses_it()
    {
        var set = _engine.Track(_node);
        set.TakeChanged();
        Assert.Equal(PolicyVerdict.Deny, Ask(7000));
        _engine.UpsertIdentity(7000, NodeLabels.OfRemote([], servesApi: false));
        Assert.Equal(PolicyVerdict.Allow, Ask(7000));
        Assert.Contains(new PolicyMapKey(PolicyDirection.Ingress, 7000), set.TakeChanged()!);
        _engine.UpsertIdentity(7000, LabelSet.Parse(["k8s:app=web"]));
        Assert.Equal(PolicyVerdict.Deny, Ask(7000));
        Assert.Contains(new PolicyMapKey(PolicyDirection.Ingress, 7000), set.TakeChanged()!);
        _engine.UpsertIdentity(7000, NodeLabels.OfRemote([], servesApi: false));
        _engine.RemoveIdentity(7000);
        Assert.Equal(PolicyVerdict.Deny, Ask(7000));

        PolicyVerdict Ask(uint peer) => set.Lookup(PolicyDirection.Ingress, peer, TrafficMatch.ClassOf(IpProtocol.Tcp, 4240)).Verdict;
    }

    [Fact]
    public void What_a_rule_lets_pass_keeps_the_rules_name_and_a_whole_interval()
    {
        Apply(NothingMayPass.Replace("ingressDeny", "ingress", StringComparison.Ordinal));
        var resolved = _engine.Resolve(_node);
        Assert.DoesNotContain(new PolicyMapKey(PolicyDirection.Ingress, Worker), resolved.Entries.Keys);
        var only = Assert.Single(resolved.Entries[new PolicyMapKey(PolicyDirection.Ingress, 0)]);
        Assert.Equal((0u, TrafficMatch.LastClass), (only.Low, only.High));
        Assert.True(only.Rule >= ImplicitRule.FirstWritten);
    }

    [Fact]
    public void It_is_explained()
    {
        var explanation = _engine.Explain(_node, PolicyDirection.Egress, Worker, IpProtocol.Udp, 8472);
        Assert.Equal("Allow: control traffic of the node, which no policy cuts off", explanation.ToString());
        Assert.Empty(explanation.Deciding);
        Assert.Equal(PolicyVerdict.Deny, _engine.Explain(_node, PolicyDirection.Egress, Worker, IpProtocol.Udp, 8473).Verdict);
    }

    private void Apply(string yaml)
    {
        foreach (var policy in Scenario.ParseAll(yaml))
        {
            _engine.UpsertPolicy(policy.Key, policy);
        }
    }
}
