using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>
/// Who gets which backends: endpoints a and b are on this node, c in its zone, d elsewhere. A letter is followed by + when it is ready, ~ when it
/// terminates and still serves, - when it terminates and does not, ? when it is not ready. Expected: frontends with their pools inside/outside, and what only keeps connections.
/// </summary>
public sealed class ServicePlannerTests
{
    private static readonly NodeSituation _node = new("n1", "z1", [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")]);

    private static readonly (string Service, string Endpoints, string Expected)[] _rows =
    [
        // Types.
        ("ClusterIP", "a+b+c+d+", "ClusterIP abcd/-"),
        ("NodePort", "a+b+c+d+", "ClusterIP abcd/-, NodePort abcd/abcd"),
        ("LoadBalancer", "a+c+", "ClusterIP ac/-, NodePort ac/ac, LoadBalancer ac/ac"),
        ("ClusterIP external", "a+c+", "ClusterIP ac/-, ExternalIPs ac/ac"),
        ("LoadBalancer external", "d+", "ClusterIP d/-, NodePort d/d, LoadBalancer d/d, ExternalIPs d/d"),
        ("headless", "a+b+", ""),
        ("headless external", "a+b+", ""),

        // Conditions.
        ("ClusterIP", "", "ClusterIP -/-"),
        ("ClusterIP", "a+b~", "ClusterIP a/-, keeps b"),
        ("ClusterIP", "a~b~", "ClusterIP ab/-"),
        ("ClusterIP", "a~b-", "ClusterIP a/-"),
        ("ClusterIP", "a-b-", "ClusterIP -/-"),
        ("ClusterIP", "a?b+", "ClusterIP b/-"),
        ("ClusterIP", "a?b~", "ClusterIP b/-"),
        ("ClusterIP", "a?", "ClusterIP -/-"),
        ("ClusterIP publish", "a?b-c~d+", "ClusterIP abcd/-"),
        ("NodePort", "a+c~d-", "ClusterIP a/-, NodePort a/a, keeps c"),

        // Traffic policy of clients inside.
        ("ClusterIP int-local", "a+b+c+d+", "ClusterIP ab/-"),
        ("ClusterIP int-local", "c+d+", "ClusterIP -/-"),
        ("ClusterIP int-local", "a~c+", "ClusterIP a/-"),
        ("ClusterIP int-local", "a+b~c~", "ClusterIP a/-, keeps b"),
        ("NodePort int-local", "a+c+", "ClusterIP a/-, NodePort ac/ac"),
        ("LoadBalancer int-local external", "b+d+", "ClusterIP b/-, NodePort bd/bd, LoadBalancer bd/bd, ExternalIPs bd/bd"),

        // Of clients outside: those inside have the whole cluster.
        ("ClusterIP ext-local", "a+c+", "ClusterIP ac/-"),
        ("NodePort ext-local", "a+c+", "ClusterIP ac/-, NodePort ac/a"),
        ("NodePort ext-local", "c+d+", "ClusterIP cd/-, NodePort cd/-"),
        ("NodePort ext-local", "a~c+", "ClusterIP c/-, NodePort c/a"),
        ("NodePort ext-local", "a~b+c+", "ClusterIP bc/-, NodePort bc/b, keeps a"),
        ("NodePort ext-local", "a-c~", "ClusterIP c/-, NodePort c/-"),
        ("LoadBalancer ext-local external", "a+d+", "ClusterIP ad/-, NodePort ad/a, LoadBalancer ad/a, ExternalIPs ad/a"),
        ("LoadBalancer int-local ext-local", "a+d+", "ClusterIP a/-, NodePort ad/a, LoadBalancer ad/a"),
        ("LoadBalancer ext-local publish", "a?d?", "ClusterIP ad/-, NodePort ad/a, LoadBalancer ad/a"),

        // Preferences: the first tier with a ready backend.
        ("ClusterIP zone", "a+c+d+", "ClusterIP ac/-"),
        ("ClusterIP close", "a+c+d+", "ClusterIP ac/-"),
        ("ClusterIP zone", "c~d+", "ClusterIP d/-, keeps c"),
        ("NodePort zone", "c+d+", "ClusterIP c/-, NodePort c/c"),
        ("NodePort ext-local zone", "a+c+d+", "ClusterIP ac/-, NodePort ac/a"),
        ("NodePort ext-local int-local node-zone", "a+c+d+", "ClusterIP a/-, NodePort a/a"),
        ("ClusterIP zone", "c~d~", "ClusterIP c/-, keeps d"),
        ("ClusterIP node-zone", "a+c+d+", "ClusterIP a/-"),
        ("ClusterIP node-zone", "c+d+", "ClusterIP c/-"),
        ("ClusterIP node-zone", "d+", "ClusterIP d/-"),
    ];

    public static TheoryData<string, string, string, string, string> Rows()
    {
        var data = new TheoryData<string, string, string, string, string>();
        foreach (var (service, endpoints, expected) in _rows)
        {
            foreach (var families in new[] { "4", "6", "46" })
            {
                data.Add(service, endpoints, expected, families, families == "6" ? "UDP" : families == "46" ? "SCTP" : "TCP");
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Pools_follow_type_policy_and_condition(string service, string endpoints, string expected, string families, string protocol)
    {
        var words = service.Split(' ');
        var record = Service(words, families, protocol);
        var plan = new ServicePlanner(new ServiceOptions()).Plan(record, [.. families.Select(family => Slice(family, endpoints, protocol))], _node);
        Assert.Empty(plan.Problems);
        Assert.All(Addressed(plan), frontend => Assert.Equal(frontend.Kind == FrontendKind.ClusterIP ? ServiceFlags.Internal : ServiceFlags.Internal | ServiceFlags.External, frontend.Flags));
        foreach (var family in families)
        {
            Assert.Equal(expected, Shown(plan, family == '4'));
        }
    }

    [Fact]
    public void Frontends_are_at_the_addresses_and_ports_of_their_kind()
    {
        var plan = Plan(Service(["LoadBalancer", "external"], "46", "TCP"), "46", "a+");
        Assert.Equal(
            [
                "10.96.0.1:80/TCP", "[fd00:96::1]:80/TCP", "192.0.2.1:30080/TCP", "[2001:db8::1]:30080/TCP", "198.51.100.1:80/TCP", "[2001:db8:100::1]:80/TCP",
                "203.0.113.1:80/TCP", "[2001:db8:200::1]:80/TCP",
            ],
            Addressed(plan).Select(frontend => ServiceEnd.Text(frontend.Key)));
        Assert.Equal(["10.0.0.1:8080/TCP", "[fd00::1]:8080/TCP"], plan.Groups.Single().Backends.Select(backend => backend.Address).Order().Select(address => address.ToString()));
    }

    [Fact]
    public void A_service_of_one_family_has_no_frontends_of_the_other()
    {
        var record = Service(["LoadBalancer", "external"], "46", "TCP");
        record.ClusterIps.RemoveAt(1);
        Assert.All(Plan(record, "46", "a+").Frontends, frontend => Assert.Equal(AddressFamily.InterNetwork, frontend.Key.Address.ToIPAddress().AddressFamily));
    }

    [Fact]
    public void Ports_are_matched_by_name_and_protocol()
    {
        var record = Service(["ClusterIP"], "4", "TCP");
        record.Ports.Clear();
        record.Ports.Add(new[] { Port("http", "TCP", 80), Port("dns", "TCP", 53), Port("dns-udp", "UDP", 53), Port("none", "TCP", 1) });
        var slice = Slice('4', "a+", "TCP");
        slice.Ports.Clear();
        slice.Ports.Add(new[] { SlicePort("http", "TCP", 8080), SlicePort("dns", "TCP", 5353), SlicePort("dns", "UDP", 1053), SlicePort("dns-udp", "UDP", 5454) });
        var plan = new ServicePlanner(new ServiceOptions()).Plan(record, [slice], _node);
        Assert.Equal(
            ["10.96.0.1:80/TCP to 10.0.0.1:8080/TCP", "10.96.0.1:53/TCP to 10.0.0.1:5353/TCP", "10.96.0.1:53/UDP to 10.0.0.1:5454/UDP", "10.96.0.1:1/TCP to "],
            plan.Frontends.Select(frontend => $"{ServiceEnd.Text(frontend.Key)} to {string.Join(',', frontend.Inside)}"));
        Assert.Equal(4, plan.Groups.Select(group => group.Key).Distinct().Count());
    }

    [Fact]
    public void An_endpoint_that_moves_between_slices_is_one_backend_and_ready_if_one_says_so()
    {
        var plan = new ServicePlanner(new ServiceOptions()).Plan(Service(["ClusterIP"], "4", "TCP"), [Slice('4', "a~b+", "TCP"), Slice('4', "a+b~", "TCP")], _node);
        Assert.Equal("ClusterIP ab/-", Shown(plan, isIPv4: true));
    }

    [Theory]
    [InlineData(LoadBalancerMode.Snat, null, "TCP", false)]
    [InlineData(LoadBalancerMode.Snat, "dsr", "TCP", true)]
    [InlineData(LoadBalancerMode.Dsr, null, "UDP", true)]
    [InlineData(LoadBalancerMode.Dsr, "snat", "UDP", false)]
    [InlineData(LoadBalancerMode.Hybrid, null, "TCP", true)]
    [InlineData(LoadBalancerMode.Hybrid, null, "UDP", false)]
    [InlineData(LoadBalancerMode.Hybrid, null, "SCTP", false)]
    [InlineData(LoadBalancerMode.Hybrid, "dsr", "UDP", true)]
    [InlineData(LoadBalancerMode.Dsr, "other", "TCP", true)]
    public void Who_answers_is_the_annotations_or_the_nodes_choice(LoadBalancerMode mode, string? annotation, string protocol, bool direct)
    {
        var record = Service(["LoadBalancer"], "4", protocol);
        if (annotation is not null)
        {
            record.Annotations["service.cilium.io/forwarding-mode"] = annotation;
        }

        var plan = new ServicePlanner(new ServiceOptions { Mode = mode }).Plan(record, [], _node);
        Assert.All(Addressed(plan), frontend => Assert.Equal(direct && frontend.Kind != FrontendKind.ClusterIP, frontend.Flags.HasFlag(ServiceFlags.DirectReturn)));
        Assert.Equal(annotation == "other" ? 1 : 0, plan.Problems.Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Source_ranges_hold_at_load_balancers_and_external_addresses_and_where_else_is_configured(bool everywhere)
    {
        var record = Service(["LoadBalancer", "external"], "46", "TCP");
        record.SourceRanges.Add(["10.1.2.3/8", " fd00::/8", "nonsense", "10.0.0.0/33"]);
        var plan = new ServicePlanner(new ServiceOptions { SourceRangesForAllTypes = everywhere }).Plan(record, [], _node);
        Assert.All(Addressed(plan), frontend => Assert.Equal(
            frontend.Kind is FrontendKind.LoadBalancer or FrontendKind.ExternalIPs || everywhere && frontend.Kind != FrontendKind.ClusterIP, frontend.Flags.HasFlag(ServiceFlags.SourceRanges)));
        Assert.Equal(["10.0.0.0/8", "fd00::/8"], plan.Groups.Single().Ranges.Select(range => range.ToString()));
        Assert.Equal(2, plan.Problems.Length);
    }

    [Fact]
    public void Ranges_of_one_family_let_nobody_of_the_other_in()
    {
        var record = Service(["LoadBalancer"], "46", "TCP");
        record.SourceRanges.Add("10.0.0.0/8");
        var plan = new ServicePlanner(new ServiceOptions()).Plan(record, [], _node);
        Assert.Equal(2, plan.Frontends.Count(frontend => frontend.Kind == FrontendKind.LoadBalancer && frontend.Flags.HasFlag(ServiceFlags.SourceRanges)));
        Assert.Equal("10.0.0.0/8", Assert.Single(plan.Groups.Single().Ranges).ToString());
    }

    [Fact]
    public void Ranges_that_nobody_can_read_let_nobody_in()
    {
        var record = Service(["LoadBalancer"], "4", "TCP");
        record.SourceRanges.Add("nonsense");
        var plan = new ServicePlanner(new ServiceOptions()).Plan(record, [], _node);
        Assert.True(plan.Frontends.Single(frontend => frontend.Kind == FrontendKind.LoadBalancer).Flags.HasFlag(ServiceFlags.SourceRanges));
        Assert.Empty(plan.Groups.Single().Ranges);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1u, 1u)]
    [InlineData(10800u, 10059u)] // 10800 s / 1.0737 s, rounded up
    public void Affinity_is_counted_in_ticks(uint seconds, uint ticks)
    {
        var record = Service(["NodePort"], "4", "TCP");
        record.AffinitySeconds = seconds;
        Assert.All(new ServicePlanner(new ServiceOptions()).Plan(record, [], _node).Frontends, frontend =>
            Assert.Equal((ticks, ticks > 0), (frontend.AffinityTicks, frontend.Flags.HasFlag(ServiceFlags.Affinity))));
    }

    [Theory]
    [InlineData("NodePort", "4", "0.0.0.0:30080/TCP abc/-")]
    [InlineData("NodePort", "46", "0.0.0.0:30080/TCP abc/-, [::]:30080/TCP abc/-")]
    [InlineData("NodePort ext-local", "4", "0.0.0.0:30080/TCP abc/-")] // clients inside have the whole cluster
    [InlineData("LoadBalancer", "6", "[::]:30080/TCP abc/-")]
    [InlineData("ClusterIP external", "46", "")]
    public void Sockets_find_a_node_port_under_any_nodes_address(string service, string families, string expected)
    {
        var plan = Plan(Service(service.Split(' '), families, "TCP"), families, "a+b+c+");
        var any = plan.Frontends.Where(frontend => frontend.Flags.HasFlag(ServiceFlags.AnyNode)).ToArray();
        Assert.Equal(expected, string.Join(", ", any.Select(frontend => $"{ServiceEnd.Text(frontend.Key)} {Letters(frontend.Inside)}/{Letters(frontend.Outside)}")));
        Assert.All(any, frontend => Assert.Equal((FrontendKind.NodePort, ServiceFlags.AnyNode), (frontend.Kind, frontend.Flags)));
    }

    [Theory]
    [InlineData(0, "a+b+", null)]
    [InlineData(30099, "a+b+c+d+", 2)]
    [InlineData(30099, "a~b+c+", 1)] // one that terminates is no reason to send somebody
    [InlineData(30099, "a?c+", 0)]
    [InlineData(30099, "c+d+", 0)]
    [InlineData(30099, "", 0)]
    public void Load_balancers_are_told_how_many_endpoints_the_node_has(uint port, string endpoints, int? expected)
    {
        var record = Service(["LoadBalancer", "ext-local"], "46", "TCP");
        record.HealthCheckNodePort = port;
        EndpointSliceRecord[] slices = [Slice('4', endpoints, "TCP"), Slice('6', endpoints, "TCP")];
        foreach (var endpoint in slices.SelectMany(slice => slice.Endpoints))
        {
            endpoint.Pod = $"default/{endpoint.Addresses[0][^1]}"; // of both families: one endpoint
        }

        var check = new ServicePlanner(new ServiceOptions()).Plan(record, slices, _node).HealthCheck;
        Assert.Equal((expected, expected is null ? null : (ushort)30099), (check?.LocalEndpoints, check?.Port));
    }

    [Fact]
    public void A_node_port_out_of_range_is_a_problem_and_the_rest_is_served()
    {
        var record = Service(["NodePort"], "4", "TCP");
        record.Ports[0].NodePort = 8080;
        var plan = Plan(record, "4", "a+");
        Assert.Equal("ClusterIP a/-", Shown(plan, isIPv4: true));
        Assert.Contains("--node-port-range", plan.Problems.Single());
    }

    [Fact]
    public void What_cannot_be_read_is_named_and_the_rest_is_served()
    {
        var record = Service(["ClusterIP"], "4", "TCP");
        record.ExternalIps.Add("1.2.3.4.5");
        record.Ports.Add([Port("bad", "QUIC", 1), Port("zero", "TCP", 0), Port("twice", "TCP", 80)]);
        var plan = Plan(record, "4", "a+");
        Assert.Equal("ClusterIP a/-", Shown(plan, isIPv4: true));
        Assert.Equal(4, plan.Problems.Length);
        Assert.All(plan.Problems, problem => Assert.StartsWith("service default/web: ", problem));
    }

    [Theory]
    [InlineData("", "192.0.2.1:8000/TCP [2001:db8::1]:8000/TCP")]
    [InlineData("0.0.0.0", "192.0.2.1:8000/TCP")]
    [InlineData("::", "[2001:db8::1]:8000/TCP")]
    [InlineData("127.0.0.1", "127.0.0.1:8000/TCP")]
    [InlineData("192.0.2.1", "192.0.2.1:8000/TCP")]
    [InlineData("nonsense", "")]
    public void A_host_port_is_at_its_address_or_at_all(string hostIp, string expected)
    {
        var pod = new PodRecord { Namespace = "default", Name = "web-0", HostPorts = { new HostPort { HostIp = hostIp, HostPort_ = 8000, ContainerPort = 80, Protocol = "TCP" } } };
        var plan = new ServicePlanner(new ServiceOptions()).Plan(pod, [IPAddress.Parse("10.0.0.9"), IPAddress.Parse("fd00::9")], _node);
        Assert.Equal(expected, string.Join(' ', plan.Frontends.Select(frontend => ServiceEnd.Text(frontend.Key))));
        Assert.All(plan.Frontends, frontend =>
        {
            Assert.Equal((FrontendKind.HostPort, ServiceFlags.Internal | ServiceFlags.External), (frontend.Kind, frontend.Flags));
            Assert.Equal(frontend.Inside, frontend.Outside);
            Assert.Equal(frontend.Key.Address.ToString().Contains(':', StringComparison.Ordinal) ? "[fd00::9]:80/TCP" : "10.0.0.9:80/TCP", frontend.Inside.Single().ToString());
        });
    }

    private static ServicePlan Plan(ServiceRecord record, string families, string endpoints) =>
        new ServicePlanner(new ServiceOptions()).Plan(record, [.. families.Select(family => Slice(family, endpoints, "TCP"))], _node);

    private static ServicePort Port(string name, string protocol, uint port) => new() { Name = name, Protocol = protocol, Port = port };

    private static SlicePort SlicePort(string name, string protocol, uint port) => new() { Name = name, Protocol = protocol, Port = port };

    private static ServiceRecord Service(string[] words, string families, string protocol)
    {
        var type = words[0];
        var record = new ServiceRecord
        {
            Namespace = "default",
            Name = "web",
            Type = type == "headless" ? "ClusterIP" : type,
            InternalTrafficLocal = words.Contains("int-local"),
            ExternalTrafficLocal = words.Contains("ext-local"),
            PublishNotReadyAddresses = words.Contains("publish"),
            TrafficDistribution = words.Contains("zone") ? "PreferSameZone" : words.Contains("close") ? "PreferClose" : words.Contains("node-zone") ? "PreferSameNode" : "",
            Ports = { new ServicePort { Name = "http", Protocol = protocol, Port = 80, NodePort = type is "NodePort" or "LoadBalancer" ? 30080u : 0 } },
        };
        foreach (var family in families)
        {
            record.ClusterIps.Add(type == "headless" ? [] : [family == '4' ? "10.96.0.1" : "fd00:96::1"]);
            record.LoadBalancerIps.Add(type == "LoadBalancer" ? [family == '4' ? "198.51.100.1" : "2001:db8:100::1"] : []);
            record.ExternalIps.Add(words.Contains("external") ? [family == '4' ? "203.0.113.1" : "2001:db8:200::1"] : []);
        }

        return record;
    }

    private static EndpointSliceRecord Slice(char family, string endpoints, string protocol)
    {
        var slice = new EndpointSliceRecord
        {
            Namespace = "default", Name = $"web-{family}", Service = "web", AddressType = $"IPv{family}", Ports = { new SlicePort { Name = "http", Protocol = protocol, Port = 8080 } },
        };
        foreach (var endpoint in endpoints.Chunk(2))
        {
            var number = endpoint[0] - 'a' + 1;
            slice.Endpoints.Add(new SliceEndpoint
            {
                Addresses = { family == '4' ? $"10.0.0.{number}" : $"fd00::{number}" },
                Node = number <= 2 ? "n1" : $"n{number}",
                Zone = number <= 3 ? "z1" : "z2",
                Ready = endpoint[1] == '+',
                Serving = endpoint[1] is '+' or '~',
                Terminating = endpoint[1] is '~' or '-',
            });
        }

        return slice;
    }

    /// <summary>Those that packets can be sent to.</summary>
    private static IEnumerable<FrontendPlan> Addressed(ServicePlan plan) => plan.Frontends.Where(frontend => !frontend.Flags.HasFlag(ServiceFlags.AnyNode));

    private static string Shown(ServicePlan plan, bool isIPv4)
    {
        var parts = Addressed(plan).Where(frontend => IsIPv4(frontend.Key.Address) == isIPv4).Select(frontend => $"{frontend.Kind} {Letters(frontend.Inside)}/{Letters(frontend.Outside)}").ToList();
        var keeps = plan.Groups.SelectMany(group => group.Backends).Where(backend => backend.IsTerminating && IsIPv4(backend.Address.Address) == isIPv4).Select(backend => backend.Address).ToList();
        if (keeps.Count > 0)
        {
            parts.Add($"keeps {Letters(BackendList.From(keeps))}");
        }

        return string.Join(", ", parts);
    }

    private static string Letters(BackendList list) => list.Count == 0 ? "-" : string.Concat(list.Select(backend => (char)('a' - 1 + backend.Address.ToIPAddress().GetAddressBytes()[^1])));

    private static bool IsIPv4(IpAddressKey address) => address.ToIPAddress().AddressFamily == AddressFamily.InterNetwork;
}
