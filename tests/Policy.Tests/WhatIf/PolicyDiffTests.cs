using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Axoneme.Policy.Tests.WhatIf;

/// <summary>What would flip is what a node would judge otherwise, flow by flow.</summary>
public sealed class PolicyDiffTests
{
    private const int Cases = 200;

    /// <summary>A few seconds on an idle machine; what would look at every pair of identities takes minutes.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private const string WebTakesHttp = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: web, namespace: one}
        spec:
          endpointSelector: {matchLabels: {app: web}}
          ingress: [{fromEndpoints: [{matchLabels: {app: api}}], toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]
        """;

    /// <summary>Both sides of every border that the generated policies can draw, and some traffic no policy names.</summary>
    private static readonly uint[] s_classes =
    [
        .. ((ushort[])[0, 1, 52, 53, 54, 69, 70, 71, 79, 80, 81, 90, 91, 8079, 8080, 8081, 65535])
            .SelectMany(port => ((IpProtocol[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp]).Select(protocol => TrafficMatch.ClassOf(protocol, port))),
        .. ((ushort[])[0, 7, 8, 9, 127, 128, 129]).SelectMany(type => ((IpProtocol[])[IpProtocol.Icmp, IpProtocol.Icmpv6]).Select(protocol => TrafficMatch.ClassOf(protocol, type))),
        TrafficMatch.ClassOf(IpProtocol.Vrrp, 0), TrafficMatch.ClassOf(IpProtocol.Igmp, 0), 0, 47 << 16, TrafficMatch.LastClass,
    ];

    [Fact]
    public void Exactly_the_flows_flip_that_a_node_would_judge_otherwise()
    {
        var flipped = 0;
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new RandomPolicies(seed);
            var policies = random.Next();
            flipped += Check(SmallWorld.With(policies), SmallWorld.With(random.Change(policies)), seed);
        }

        Assert.True(flipped > Cases * 10, $"only {flipped} flows flipped in all cases; the generator is too tame");
    }

    [Fact]
    public void The_same_policies_flip_nothing() =>
        Assert.Empty(PolicyDiff.Compare(SmallWorld.With(WebTakesHttp), SmallWorld.With(WebTakesHttp)).Flips);

    [Fact]
    public void A_policy_put_in_force_names_itself_as_the_reason()
    {
        var diff = PolicyDiff.Compare(SmallWorld.With(""), SmallWorld.With(WebTakesHttp));
        var api = Assert.Single(diff.Flips, flip => flip.Sources.Contains(SmallWorld.Api));
        Assert.Equal(["all but 80/TCP"], api.Changes.GroupBy(change => change.RulesAfter[0]).Select(change => TrafficRange.Describe([.. change.Select(range => range.Traffic)])));
        var other = Assert.Single(diff.Flips, flip => flip.Sources.Contains(SmallWorld.Other));
        var change = Assert.Single(other.Changes);
        Assert.Equal((TrafficRange.Everything, PolicyVerdict.Allow, PolicyVerdict.Deny), (change.Traffic, change.Before.Verdict, change.After.Verdict));
        Assert.Empty(change.RulesBefore);
        Assert.Equal("ingress: no rule allows it (default deny)", Assert.Single(change.RulesAfter).ToString());
        Assert.Equal(new FlowDestination(SmallWorld.Web, []), Assert.Single(other.Destinations));
        Assert.Contains(SmallWorld.Web, other.Sources); // also from one such pod to another
        Assert.DoesNotContain(diff.Flips, flip => flip.Sources.Contains(ReservedIdentity.Host)); // a node reaches its pods
    }

    [Fact]
    public void Pods_of_one_identity_that_name_other_ports_are_told_apart()
    {
        var named = WebTakesHttp.Replace("\"80\"", "http", StringComparison.Ordinal);
        var flips = PolicyDiff.Compare(SmallWorld.With(WebTakesHttp), SmallWorld.With(named)).Flips;
        var flip = Assert.Single(flips);
        Assert.Equal(SmallWorld.Api, Assert.Single(flip.Sources));
        Assert.Equal("one/web-a", Assert.Single(Assert.Single(flip.Destinations).Only));
        Assert.Equal(["80/TCP", "8080/TCP"], flip.Changes.Select(change => change.Traffic.ToString()));
        Assert.Equal("ingress: CiliumNetworkPolicy/one/web ingress[0]", flip.Changes[0].RulesBefore.Single().ToString());
    }

    [Fact]
    public void A_new_prefix_is_a_source_of_its_own()
    {
        var open = WebTakesHttp.Replace("fromEndpoints: [{matchLabels: {app: api}}]", "fromCIDR: [10.0.0.0/8]", StringComparison.Ordinal);
        var narrow = open.Replace("10.0.0.0/8", "10.1.0.0/16", StringComparison.Ordinal);
        var diff = PolicyDiff.Compare(SmallWorld.With(open), SmallWorld.With(narrow));
        var flip = Assert.Single(diff.Flips);
        Assert.Equal(IPNetwork.Parse("10.0.0.0/8"), PrefixOf(diff.Regions[Assert.Single(flip.Sources)]));
    }

    [Fact]
    public void Rules_on_requests_that_come_or_go_are_a_flip()
    {
        var inspected = WebTakesHttp.Replace("protocol: TCP}]", "protocol: TCP}], rules: {http: [{path: /a}]}", StringComparison.Ordinal);
        var change = Assert.Single(Assert.Single(PolicyDiff.Compare(SmallWorld.With(WebTakesHttp), SmallWorld.With(inspected)).Flips).Changes);
        Assert.Equal(("allowed", "inspected"), (change.Before.ToString(), change.After.ToString()));
        var other = inspected.Replace("/a", "/b", StringComparison.Ordinal);
        Assert.Single(PolicyDiff.Compare(SmallWorld.With(inspected), SmallWorld.With(other)).Flips);
    }

    [Fact]
    public void Worlds_that_differ_in_more_than_policies_are_not_compared() =>
        Assert.Throws<ArgumentException>(() => PolicyDiff.Compare(SmallWorld.With(""), SmallWorld.With("") with { ClusterName = "other" }));

    [Fact]
    public void One_changed_policy_among_ten_thousand_identities_takes_seconds_at_most()
    {
        var world = LargeWorld(identities: 10_000, policies: 1_000);
        var changed = world with { Policies = world.Policies.SetItem("CiliumNetworkPolicy/ns0/p0", LargePolicy(0, "8080")) };
        var watch = Stopwatch.StartNew();
        var diff = PolicyDiff.Compare(world, changed);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_limit);
        Assert.True(diff.Classes > 0);

        watch.Restart();
        var everything = Scenario.ParseAll("{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: all}, spec: {endpointSelector: {}, ingressDeny: [{fromEntities: [all]}]}}").Single();
        diff = PolicyDiff.Compare(world, world with { Policies = world.Policies.SetItem(everything.Key, everything) });
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_limit);
        Assert.Equal(200 * 10 * 50, diff.Classes); // what the 200 distinct rules allow: 10 senders, 50 receivers each
    }

    private static int Check(PolicyWorld before, PolicyWorld after, int seed)
    {
        var diff = PolicyDiff.Compare(before, after);
        var (was, becomes) = (new PlainNode(before), new PlainNode(after));
        var ends = before.Identities.Keys.Select(number => number.ToString(CultureInfo.InvariantCulture)).Concat(SmallWorld.Addresses.Select(address => address.ToString())).ToList();
        var receivers = ends.Where(end => before.Endpoints.All(endpoint => endpoint.Identity.ToString(CultureInfo.InvariantCulture) != end)).Concat(before.Endpoints.Select(endpoint => endpoint.Name)).ToList();
        var count = 0;
        foreach (var (from, to) in ends.SelectMany(_ => receivers, (from, to) => (from, to)))
        {
            var changes = Find(diff, before, from, to);
            foreach (var trafficClass in s_classes)
            {
                var (old, now) = (was.Judge(from, to, trafficClass), becomes.Judge(from, to, trafficClass));
                var found = changes.Where(change => change.Traffic.Low <= trafficClass && trafficClass <= change.Traffic.High).ToList();
                Assert.True(
                    old == now ? found.Count == 0 : found.Count == 1 && (found[0].Before, found[0].After) == (old, now),
                    $"seed {seed}: {from} to {to}, {new TrafficRange(trafficClass, trafficClass)}: {old} and {now}, found {string.Join("; ", found)}");
                count += found.Count;
            }
        }

        return count;
    }

    private static List<FlowChange> Find(PolicyDiff diff, PolicyWorld world, string from, string to)
    {
        var (source, destination) = (NumberOf(diff, world, from), NumberOf(diff, world, to));
        return diff.Flips
            .Where(flip => flip.Sources.Contains(source)
                && flip.Destinations.Any(end => end.Identity == destination && (end.Only.IsEmpty || end.Only.Contains(to))))
            .SelectMany(flip => flip.Changes).ToList();
    }

    private static uint NumberOf(PolicyDiff diff, PolicyWorld world, string end)
    {
        if (!IPAddress.TryParse(end, out var address) || uint.TryParse(end, CultureInfo.InvariantCulture, out _))
        {
            return world.Endpoints.FirstOrDefault(endpoint => endpoint.Name == end)?.Identity ?? uint.Parse(end, CultureInfo.InvariantCulture);
        }

        var regions = diff.Regions.Select(region => (region.Key, Prefix: PrefixOf(region.Value))).Where(region => region.Prefix.Contains(address)).ToList();
        return regions.Count > 0 ? regions.MaxBy(region => region.Prefix.PrefixLength).Key
            : address.GetAddressBytes().Length == 4 ? ReservedIdentity.WorldIPv4 : ReservedIdentity.WorldIPv6;
    }

    private static IPNetwork PrefixOf(LabelSet labels) => IPNetwork.Parse(labels.Single(label => label.Source == LabelSource.Cidr).Key.Replace('-', ':'));

    private static PolicyWorld LargeWorld(int identities, int policies)
    {
        var labels = Enumerable.Range(0, identities).ToDictionary(
            index => 1000 + (uint)index,
            index => PodLabels.IdentityLabels($"ns{index % 200}", [new("app", $"app{index / 200 % 5}"), new("instance", $"{index}")], [], null, "default"));
        var written = Enumerable.Range(0, policies).Select(number => LargePolicy(number, "80"));
        return SmallWorld.With(written.Select(policy => KeyValuePair.Create(policy.Key, policy))) with
        {
            Identities = System.Collections.Immutable.ImmutableDictionary.CreateRange(labels),
            Endpoints = [.. labels.Keys.Select(number => new PolicyEndpoint($"pod-{number}", number, []))],
        };
    }

    private static PolicyObject LargePolicy(int number, string port) => Scenario.ParseAll($$$"""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: p{{{number}}}, namespace: ns{{{number % 200}}}}
        spec:
          endpointSelector: {}
          ingress: [{fromEndpoints: [{matchLabels: {app: app{{{number % 5}}}, k8s:io.kubernetes.pod.namespace: "ns{{{(number + 7) % 200}}}"}}], toPorts: [{ports: [{port: "{{{port}}}", protocol: TCP}]}]}]
          egress: [{toEntities: [cluster]}]
        """).Single();
}
