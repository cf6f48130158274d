using System.Collections.Immutable;
using System.Net;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.Wire.Journal;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Entities;

public sealed class ServiceAddressesTests
{
    private Scenario _leases = new(new ServiceAddressesKind(ServiceAddressSpace.Default), ServiceAddressesKind.Address.Id);

    [Fact]
    public void An_address_is_allocated_once_and_kept()
    {
        var first = Granted(Wants("a"))["a"];
        Assert.True(IPNetwork.Parse("10.96.0.0/16").Contains(IPAddress.Parse(Assert.Single(first.ClusterIps))));

        Assert.Equal(first, Granted(Wants("b"), Wants("a"))["a"]);
        Assert.Empty(_leases.When(Reserve(Wants("a"), Wants("b"))).Last.Events);
    }

    [Fact]
    public void Who_asks_no_more_gives_back_and_who_is_kept_does_not()
    {
        Granted(Wants("a"), Wants("b"));

        var left = ((AddressesReserved)_leases.When(new ReserveAddresses([Wants("c")], ["b"])).Last.Reply).Leases;

        Assert.Equal(["b", "c"], left.Keys.Order());
    }

    [Theory]
    [InlineData(null, "", "4")]
    [InlineData("SingleStack", "", "4")]
    [InlineData(null, "IPv6", "6")]
    [InlineData(null, "IPv6 IPv4", "64")]
    [InlineData("PreferDualStack", "", "46")]
    [InlineData("PreferDualStack", "IPv6", "64")]
    [InlineData("RequireDualStack", "IPv6", "64")]
    public void Families_follow_what_is_written(string? policy, string families, string expected)
    {
        var lease = Granted(Wants("a") with { FamilyPolicy = policy, Families = [.. families.Split(' ', StringSplitOptions.RemoveEmptyEntries)] })["a"];

        Assert.Equal(expected, string.Concat(lease.ClusterIps.Select(address => address.Contains(':') ? '6' : '4')));
    }

    [Theory]
    [InlineData("RequireDualStack", "")]
    [InlineData(null, "IPv6")]
    public void A_family_that_services_cannot_have_is_refused(string? policy, string families)
    {
        _leases = new(new ServiceAddressesKind(new ServiceAddressSpace(IPNetwork.Parse("10.0.0.0/24"), null)), "leases");

        var refusal = Refused(Wants("a") with { FamilyPolicy = policy, Families = [.. families.Split(' ', StringSplitOptions.RemoveEmptyEntries)] });

        Assert.Equal("spec.ipFamilies", refusal.Field);
        Assert.Contains("IPv6", refusal.Message);
        Assert.Single(Granted(Wants("b") with { FamilyPolicy = "PreferDualStack" })["b"].ClusterIps);
    }

    [Fact]
    public void A_written_address_is_given_if_it_is_free_and_the_other_is_named_if_not()
    {
        Assert.Equal(["10.96.0.10"], Granted(Wants("a", "10.96.0.10"), Wants("b"))["a"].ClusterIps);

        var refusal = Refused(Wants("c", "10.96.0.10"), Wants("a", "10.96.0.10"));

        Assert.Equal("spec.clusterIP", refusal.Field);
        Assert.StartsWith("10.96.0.10 is Service a's", refusal.Message);
    }

    [Fact]
    public void What_another_was_allocated_cannot_be_written()
    {
        var allocated = Granted(Wants("a"))["a"].ClusterIps[0];

        Assert.Contains("is Service a's", Refused(Wants("b", allocated), Wants("a")).Message);
    }

    [Fact]
    public void Who_is_refused_keeps_what_it_had()
    {
        var had = Granted(Wants("a", "10.96.0.10"), Wants("b", "10.96.0.11"))["b"];

        var reserved = (AddressesReserved)_leases.When(Reserve(Wants("a", "10.96.0.10"), Wants("b", "10.96.0.10"))).Last.Reply;

        Assert.Equal(had, reserved.Leases["b"]);
        Assert.Equal(["b"], reserved.Refusals.Keys);
        Assert.Empty(_leases.Last.Events);
    }

    [Fact]
    public void What_one_gives_up_another_may_get_whatever_their_order()
    {
        Granted(Wants("a", "10.96.0.10"), Wants("b", "10.96.0.11"));

        var leases = Granted(Wants("b", "10.96.0.10"), Wants("a", "10.96.0.12"));

        Assert.Equal(["10.96.0.10", "10.96.0.12"], [.. leases["b"].ClusterIps, .. leases["a"].ClusterIps]);
    }

    [Fact]
    public void What_is_written_anywhere_is_allocated_to_nobody()
    {
        _leases = new(new ServiceAddressesKind(new ServiceAddressSpace(IPNetwork.Parse("10.0.0.0/29"), null)), "leases");

        var leases = Granted(Wants("x"), Wants("y"), Wants("z"), Wants("a", "10.0.0.3"), Wants("b", "10.0.0.4"), Wants("c", "10.0.0.5"));

        Assert.Equal(["10.0.0.3"], leases["a"].ClusterIps);
        Assert.Equal(["10.0.0.1", "10.0.0.2", "10.0.0.6"], new[] { "x", "y", "z" }.SelectMany(name => leases[name].ClusterIps).Order());
        Assert.Contains("no IPv4 address is left", Refused([.. leases.Keys.Select(name => Wants(name)), Wants("late")]).Message);
    }

    [Fact]
    public void Node_ports_are_allocated_once_and_follow_the_services_port()
    {
        var had = Granted(Wants("a") with { NodePorts = [("TCP/80", 0), ("TCP/443", 30443)], HealthCheckNodePort = 0 })["a"];
        Assert.InRange(had.NodePorts["TCP/80"], 30000u, 32767u);
        Assert.Equal(3, had.NodePorts.Values.Append(had.HealthCheckNodePort).Distinct().Count());

        var has = Granted(Wants("a") with { NodePorts = [("UDP/9", 0), ("TCP/80", 0), ("TCP/443", 0)] })["a"];

        Assert.Equal((had.NodePorts["TCP/80"], had.NodePorts["TCP/443"], 0u), (has.NodePorts["TCP/80"], has.NodePorts["TCP/443"], has.HealthCheckNodePort));
    }

    [Fact]
    public void A_written_node_port_moves_aside_what_the_service_itself_was_allocated()
    {
        var had = (int)Granted(Wants("a") with { NodePorts = [("TCP/80", 0)] })["a"].NodePorts["TCP/80"];

        var has = Granted(Wants("a") with { NodePorts = [("TCP/80", 0), ("TCP/81", had)] })["a"];

        Assert.Equal((uint)had, has.NodePorts["TCP/81"]);
        Assert.NotEqual((uint)had, has.NodePorts["TCP/80"]);
    }

    [Fact]
    public void A_node_port_of_another_service_is_refused_also_for_another_protocol()
    {
        Granted(Wants("a") with { NodePorts = [("TCP/80", 30080), ("UDP/80", 30080)] });

        var ports = Refused(Wants("b") with { NodePorts = [("UDP/1", 0), ("UDP/53", 30080)] }, Wants("a") with { NodePorts = [("TCP/80", 30080)] });
        var health = Refused(Wants("b") with { HealthCheckNodePort = 30080 }, Wants("a") with { NodePorts = [("TCP/80", 30080)] });

        Assert.Equal(("spec.ports[1].nodePort", "spec.healthCheckNodePort"), (ports.Field, health.Field));
        Assert.All([ports, health], refusal => Assert.StartsWith("30080 is Service a's", refusal.Message));
    }

    /// <summary>Small ranges, so that requests meet.</summary>
    [Fact]
    public void Nothing_is_ever_two_services_and_nothing_moves_without_cause()
    {
        var request =
            from service in Gen.Choose(0, 5)
            from address in Gen.Choose(-6, 6)
            from dual in Gen.Elements(true, false)
            from ports in Gen.ArrayOf(Gen.Choose(-3, 3), 2)
            select Wants($"s{service}", address > 0 ? [$"10.0.0.{address}"] : []) with
            {
                FamilyPolicy = dual ? "PreferDualStack" : null,
                NodePorts = [.. ports.Select((port, i) => ($"TCP/{i}", port > 0 ? 30000 + port + (i * 3) : 0))],
            };
        var batches = Gen.ArrayOf(Gen.ArrayOf(request, 4), 6);
        var space = new ServiceAddressSpace(IPNetwork.Parse("10.0.0.0/28"), IPNetwork.Parse("fd00::/124"));

        Prop.ForAll(batches.ToArbitrary(), runs =>
        {
            _leases = new Scenario(new ServiceAddressesKind(space), "leases");
            IReadOnlyDictionary<string, ServiceLease> before = new Dictionary<string, ServiceLease>();
            foreach (var run in runs)
            {
                var requests = run.DistinctBy(one => one.Service).ToArray();
                var reserved = (AddressesReserved)_leases.When(Reserve(requests)).Last.Reply;
                var addresses = reserved.Leases.Values.SelectMany(lease => lease.ClusterIps).ToList();
                Assert.Equal(addresses.Count, addresses.Distinct().Count());
                var ports = reserved.Leases.Values.SelectMany(lease => lease.NodePorts.Values.Distinct()).ToList();
                Assert.Equal(ports.Count, ports.Distinct().Count());
                foreach (var one in requests)
                {
                    var lease = reserved.Leases.GetValueOrDefault(one.Service);
                    if (reserved.Refusals.ContainsKey(one.Service))
                    {
                        Assert.Equal(before.GetValueOrDefault(one.Service), lease);
                        continue;
                    }
                    Assert.Superset(one.ClusterIps.ToHashSet(), lease!.ClusterIps.ToHashSet());
                    Assert.All(one.NodePorts.Where(port => port.NodePort > 0), port => Assert.Equal((uint)port.NodePort, lease.NodePorts[port.Port]));
                    if (before.GetValueOrDefault(one.Service) is { } had && one.ClusterIps.IsEmpty)
                    {
                        Assert.Superset(had.ClusterIps.Take(1).ToHashSet(), lease.ClusterIps.ToHashSet());
                    }
                }
                Assert.Empty(_leases.When(Reserve(requests)).Last.Events);
                before = reserved.Leases;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    private static AddressRequest Wants(string service, params string[] addresses) => new(service, [.. addresses], [], null, [], null);

    private static ReserveAddresses Reserve(params AddressRequest[] requests) => new([.. requests], []);

    private IReadOnlyDictionary<string, ServiceLease> Granted(params AddressRequest[] requests)
    {
        var reserved = (AddressesReserved)_leases.When(Reserve(requests)).Last.Reply;
        Assert.Empty(reserved.Refusals);
        return reserved.Leases;
    }

    private AddressRefusal Refused(params AddressRequest[] requests) =>
        Assert.Single(((AddressesReserved)_leases.When(Reserve(requests)).Last.Reply).Refusals).Value;
}
