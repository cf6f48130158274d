using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>
/// Which backends go before others, and what annotations ask. Each endpoint is a letter with its node, zone and cluster (as n1.z1 or n1.z1.west; no cluster: this one), after an
/// exclamation mark the zones and nodes it is meant for, and a ~ when it terminates. The node is n1 in zone z1.
/// </summary>
public sealed class ServicePreferenceTests
{
    private static readonly NodeSituation _node = new("n1", "z1", [IPAddress.Parse("192.0.2.1")]);

    [Theory]
    // Clusters.
    [InlineData("", "a n2.z2, b n2.z2.west", "ab")]
    [InlineData("affinity=none", "a n2.z2, b n2.z2.west", "ab")]
    [InlineData("affinity=local", "a n2.z2, b n2.z2.west", "a")]
    [InlineData("affinity=local", "b n2.z2.west, c n3.z2.east", "bc")]
    [InlineData("affinity=local", "a~ n2.z2, b n2.z2.west", "b")]
    [InlineData("affinity=remote", "a n2.z2, b n2.z2.west, c n3.z2.east", "bc")]
    [InlineData("affinity=remote", "a n2.z2", "a")]
    [InlineData("affinity=Remote", "a n2.z2, b n2.z2.west", "b")]
    [InlineData("affinity=remote", "a n2.z2, b~ n2.z2.west", "a")]
    // Topology within clusters.
    [InlineData("affinity=local PreferSameZone", "a n2.z2, b n2.z1.west", "a")]
    [InlineData("affinity=local PreferSameZone", "a n2.z2, b n2.z1.west, c n4.z1", "c")]
    [InlineData("affinity=remote PreferSameZone", "a n2.z1, b n2.z1.west, c n4.z2.west", "b")]
    [InlineData("PreferSameNode", "a n1.z2.west, b n1.z9", "b")] // another cluster's n1 is another node
    [InlineData("PreferSameZone", "a n2.z2, b n3.z1, c n4.z1", "bc")]
    // Hints.
    [InlineData("", "a n2.z2!z1, b n3.z1!z2", "a")]
    [InlineData("", "a n2.z2!z2, b n3.z1!z3", "ab")] // none is meant for us
    [InlineData("", "a n2.z2!z1, b n3.z1", "ab")] // half of them say nothing
    [InlineData("", "a n2.z2!z1, b~ n3.z1", "a")] // that one takes nobody
    [InlineData("PreferSameZone", "a n2.z2!z1, b n3.z1!z2", "a")]
    [InlineData("PreferSameZone", "a n2.z2!z1, b n3.z1", "b")]
    [InlineData("PreferSameNode", "a n2.z2!z1/n1, b n1.z1!z1/n2", "a")]
    [InlineData("PreferSameNode", "a n2.z2!z1/n3, b n3.z1!z2/n3", "a")]
    public void The_first_choice_that_has_a_ready_backend_is_made(string service, string endpoints, string expected)
    {
        var plan = Plan(service, endpoints);
        Assert.Empty(plan.Problems);
        Assert.Equal(expected, Letters(plan.Frontends.First().Inside));
    }

    [Fact]
    public void A_node_without_a_zone_follows_no_hints()
    {
        var plan = new ServicePlanner(new ServiceOptions()).Plan(Service(""), Slices("a n2.z2!z1, b n3.z1!z2"), _node with { Zone = "" });
        Assert.Equal("ab", Letters(plan.Frontends.First().Inside));
    }

    [Fact]
    public void A_backend_of_another_cluster_is_not_local_and_no_reason_for_a_load_balancer_to_send_somebody()
    {
        var service = Service("");
        (service.ExternalTrafficLocal, service.HealthCheckNodePort) = (true, 30099);
        service.LoadBalancerIps.Add("198.51.100.1");
        var plan = new ServicePlanner(new ServiceOptions()).Plan(service, Slices("a n1.z1.west, b n2.z1"), _node);
        Assert.Equal(0, plan.HealthCheck!.LocalEndpoints);
        Assert.Empty(plan.Frontends.Single(frontend => frontend.Kind == FrontendKind.LoadBalancer).Outside);
    }

    [Theory]
    [InlineData("", "ClusterIP NodePort NodePort LoadBalancer ExternalIPs")]
    [InlineData("type=ClusterIP", "ClusterIP ExternalIPs")]
    [InlineData("type=NodePort", "NodePort NodePort ExternalIPs")]
    [InlineData("type=LoadBalancer", "LoadBalancer ExternalIPs")]
    public void A_service_may_be_served_under_one_kind_of_addresses_only(string annotation, string expected)
    {
        var plan = Plan(annotation, "a n2.z1", loadBalancer: true);
        Assert.Empty(plan.Problems);
        Assert.Equal(expected, string.Join(' ', plan.Frontends.Select(frontend => frontend.Kind)));
    }

    [Theory]
    [InlineData(LoadBalancerAlgorithm.Random, "", LoadBalancerAlgorithm.Random)]
    [InlineData(LoadBalancerAlgorithm.Maglev, "", LoadBalancerAlgorithm.Maglev)]
    [InlineData(LoadBalancerAlgorithm.Random, "lb-algorithm=maglev", LoadBalancerAlgorithm.Maglev)]
    [InlineData(LoadBalancerAlgorithm.Maglev, "lb-algorithm=random", LoadBalancerAlgorithm.Random)]
    public void The_algorithm_is_the_annotations_or_the_nodes(LoadBalancerAlgorithm option, string annotation, LoadBalancerAlgorithm expected) =>
        Assert.Equal(expected, Plan(annotation, "a n2.z1", options: new ServiceOptions { Algorithm = option }).Groups.Single().Algorithm);

    [Theory]
    [InlineData("affinity=nearby", "annotation service.cilium.io/affinity: \"nearby\" is not local, remote or none")]
    [InlineData("lb-algorithm=least", "annotation service.cilium.io/lb-algorithm: \"least\" is not random or maglev")]
    [InlineData("type=ExternalName", "annotation service.cilium.io/type: \"ExternalName\" is not ClusterIP, NodePort or LoadBalancer")]
    [InlineData("src-ranges-policy=refuse", "annotation service.cilium.io/src-ranges-policy: \"refuse\" is not allow or deny")]
    [InlineData("node=edge", "annotation service.cilium.io/node: is not served yet")]
    [InlineData("node-selector=a=b", "annotation service.cilium.io/node-selector: is not served yet")]
    [InlineData("proxy-delegation=delegate-if-local", "annotation service.cilium.io/proxy-delegation: \"delegate-if-local\" is not served yet")]
    [InlineData("afinity=local", "annotation service.cilium.io/afinity: has no effect")]
    [InlineData("NearestFirst", "traffic distribution \"NearestFirst\" is not PreferClose, PreferSameZone or PreferSameNode")]
    public void What_has_no_effect_is_named_and_the_service_is_served(string service, string problem)
    {
        var plan = Plan(service, "a n2.z1, b n2.z2.west");
        Assert.StartsWith($"service default/web: {problem}", Assert.Single(plan.Problems));
        Assert.Equal("ab", Letters(plan.Frontends.First().Inside));
    }

    [Theory]
    [InlineData("global=true shared=false global-sync-endpoint-slices=true")] // of a mesh: alone they change nothing
    [InlineData("proxy-delegation=none")]
    [InlineData("src-ranges-policy=allow")]
    [InlineData("src-ranges-policy=deny")] // of no ranges
    public void What_asks_for_nothing_else_is_no_problem(string service) => Assert.Empty(Plan(service, "a n2.z1", loadBalancer: true).Problems);

    [Theory]
    [InlineData("src-ranges-policy=allow", "203.0.113.0/24", ServiceFlags.SourceRanges, 1)]
    [InlineData("src-ranges-policy=deny", "203.0.113.0/24", ServiceFlags.SourceRanges | ServiceFlags.SourceRangesDeny, 1)]
    [InlineData("src-ranges-policy=deny", "203.0.113.0/24 nowhere", ServiceFlags.SourceRanges, 0)] // and so nobody is let in
    [InlineData("src-ranges-policy=allow", "203.0.113.0/24 nowhere", ServiceFlags.SourceRanges, 1)]
    public void Source_ranges_say_whom_to_let_in_or_to_keep_out(string policy, string ranges, ServiceFlags expected, int count)
    {
        var service = Service(policy);
        service.LoadBalancerIps.Add("198.51.100.1");
        service.SourceRanges.Add(ranges.Split(' '));
        var plan = new ServicePlanner(new ServiceOptions()).Plan(service, Slices("a n2.z1"), _node);
        Assert.Equal(ranges.Contains("nowhere", StringComparison.Ordinal) ? 1 : 0, plan.Problems.Length);
        var flags = plan.Frontends.Single(frontend => frontend.Kind == FrontendKind.LoadBalancer).Flags;
        Assert.Equal(expected, flags & (ServiceFlags.SourceRanges | ServiceFlags.SourceRangesDeny));
        Assert.Equal(count, plan.Groups.Single().Ranges.Length);
    }

    [Theory]
    [InlineData(25, LoadBalancerAlgorithm.Maglev, null)]
    [InlineData(26, LoadBalancerAlgorithm.Maglev, "port http has 26 backends and its Maglev table 251 entries, so their shares of clients outside differ by more than a tenth")]
    [InlineData(251, LoadBalancerAlgorithm.Maglev, "port http has 251 backends and its Maglev table 251 entries, so their shares")]
    [InlineData(300, LoadBalancerAlgorithm.Maglev, "port http has 300 backends and its Maglev table 251 entries, so 49 of them get no client from outside")]
    [InlineData(300, LoadBalancerAlgorithm.Random, null)]
    public void A_pool_that_its_table_does_not_hold_well_is_named(int backends, LoadBalancerAlgorithm algorithm, string? problem)
    {
        var slice = ServiceRecords.Slice("web", Enumerable.Range(0, backends).Select(i => ServiceRecords.Endpoint($"10.0.{i / 256}.{i % 256}")));
        var planner = new ServicePlanner(new ServiceOptions { Algorithm = algorithm, MaglevTableSize = 251 });
        Assert.Empty(planner.Plan(ServiceRecords.Service("web", "10.96.0.1"), [slice], _node).Problems); // nobody outside
        var problems = planner.Plan(ServiceRecords.Service("web", "10.96.0.1", nodePort: 30080), [slice], _node).Problems;
        if (problem is null)
        {
            Assert.Empty(problems);
        }
        else
        {
            Assert.StartsWith($"service default/web: {problem}", Assert.Single(problems));
            Assert.Contains("--bpf-lb-maglev-table-size", problems[0]);
        }
    }

    private static ServicePlan Plan(string service, string endpoints, bool loadBalancer = false, ServiceOptions? options = null)
    {
        var record = Service(service, nodePort: loadBalancer ? 30080u : 0);
        if (loadBalancer)
        {
            record.LoadBalancerIps.Add("198.51.100.1");
            record.ExternalIps.Add("203.0.113.1");
        }

        return new ServicePlanner(options ?? new ServiceOptions()).Plan(record, Slices(endpoints), _node);
    }

    /// <summary>Words are annotations (name=value) or a traffic distribution.</summary>
    private static ServiceRecord Service(string words, uint nodePort = 0)
    {
        var record = ServiceRecords.Service("web", "10.96.0.1", nodePort: nodePort);
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.Split('=', 2) is [var name, var value])
            {
                record.Annotations[$"service.cilium.io/{name}"] = value;
            }
            else
            {
                record.TrafficDistribution = word;
            }
        }

        return record;
    }

    private static List<EndpointSliceRecord> Slices(string endpoints)
    {
        var slices = new List<EndpointSliceRecord>();
        foreach (var text in endpoints.Split(", "))
        {
            var (place, hints) = text.Split('!') is [var first, var second] ? (first, second.Split('/')) : (text, []);
            var (name, where) = (place.Split(' ')[0], place.Split(' ')[1].Split('.'));
            var terminating = name.EndsWith('~');
            var endpoint = ServiceRecords.Endpoint($"10.0.0.{name[0] - 'a' + 1}", !terminating, serving: true, terminating, where[0], where[1]);
            endpoint.ZoneHints.Add(hints.Take(1));
            endpoint.NodeHints.Add(hints.Skip(1));
            var slice = ServiceRecords.Slice("web", endpoint);
            (slice.Name, slice.Cluster) = ($"web-{name[0]}", where.Length > 2 ? where[2] : "");
            slices.Add(slice);
        }

        return slices;
    }

    private static string Letters(BackendList list) => string.Concat(list.Select(backend => (char)('a' - 1 + backend.Address.ToIPAddress().GetAddressBytes()[^1])));
}
