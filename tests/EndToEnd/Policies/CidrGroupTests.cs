using System.Net;
using System.Net.Sockets;

namespace Axoneme.EndToEnd.Policies;

/// <summary>Prefixes written once, as a CiliumCIDRGroup, and referred to by name or by label.</summary>
[Collection(PolicyCollection.Name)]
public sealed class CidrGroupTests(PolicyBed bed)
{
    private const string ByName = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: partners, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromCIDRSet: [{cidrGroupRef: partners}]}]
        """;

    [Fact]
    public Task A_policy_refers_to_a_group_by_name_and_excepts_some_of_it() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumCIDRGroup
        metadata: {name: partners}
        spec: {externalCIDRs: [192.0.2.0/24, "2001:db8:2::/64", 198.51.100.0/24]}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: partners, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromCIDRSet: [{cidrGroupRef: partners, except: [192.0.2.77/32, "2001:db8:2::77/128"]}]
            toPorts: [{ports: [{port: "8080"}]}]
          egress:
          - toCIDRSet: [{cidrGroupRef: partners}]
        """, """
        office -> api           pass: tcp/8080 udp/8080    drop: tcp/8085 ping
        printer -> api          drop: tcp/8080 udp/8080
        abroad -> api           pass: tcp4/8080            drop: tcp6/8080
        client -> api           drop: tcp/8080
        api -> office, printer  pass: tcp/8080
        api -> abroad           pass: tcp4/8080            drop: tcp6/8080
        api -> client           drop: tcp/8080
        """);

    [Fact]
    public Task A_policy_refers_to_groups_by_label() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumCIDRGroup
        metadata: {name: offices, labels: {trust: high, kind: office}}
        spec: {externalCIDRs: [192.0.2.10/32, "2001:db8:2::10/128"]}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumCIDRGroup
        metadata: {name: branches, labels: {trust: high}}
        spec: {externalCIDRs: [198.51.100.0/24, "2001:db8:51::/64"]}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumCIDRGroup
        metadata: {name: devices, labels: {trust: low}}
        spec: {externalCIDRs: [192.0.2.64/26, "2001:db8:2::40/122"]}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: trusted, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromCIDRSet: [{cidrGroupSelector: {matchLabels: {trust: high}}}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: mistrusted, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress: [{fromEntities: [world]}]
          ingressDeny: [{fromCIDRSet: [{cidrGroupSelector: {matchExpressions: [{key: trust, operator: NotIn, values: [high]}]}}]}]
        """, """
        office, abroad -> api    pass: tcp/8080
        printer, client -> api   drop: tcp/8080
        office, abroad -> db     pass: tcp/8080
        printer, client -> db    drop: tcp/8080
        """);

    [Fact]
    public async Task A_changed_group_reaches_new_connections_and_open_ones()
    {
        await using var policy = await bed.ApplyAsync($"{Group("192.0.2.10/32", "2001:db8:2::10/128")}\n---\n{ByName}");
        await bed.ExpectAsync("""
            office -> api    pass: tcp/8080
            abroad -> api    drop: tcp/8080
            """);
        using var four = await OpenAsync("office", 4);
        using var six = await OpenAsync("office", 6);
        Assert.True(await ChangeTests.EchoesAsync(four) && await ChangeTests.EchoesAsync(six));

        await bed.ApplyAsync($"{Group("198.51.100.5/32", "2001:db8:51::5/128")}\n---\n{ByName}");
        await bed.ExpectAsync("""
            office -> api    drop: tcp/8080
            abroad -> api    pass: tcp/8080
            """);
        Assert.False(await ChangeTests.EchoesAsync(four) || await ChangeTests.EchoesAsync(six));

        await bed.ApplyAsync($"{Group("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")}\n---\n{ByName}");
        await bed.ExpectAsync("office, printer, abroad -> api    pass: tcp/8080");
        // What was lost meanwhile is sent again, a second or two later.
        await bed.Node.UntilAsync("the open connections go on", async () => await ChangeTests.EchoesAsync(four) && await ChangeTests.EchoesAsync(six));
    }

    [Fact]
    public async Task A_group_that_comes_and_goes_opens_and_closes()
    {
        await using var policy = await bed.ApplyAsync(ByName);
        await bed.ExpectAsync("office, client -> api    drop: tcp/8080");
        await bed.ApplyAsync($"{Group("192.0.2.10/32", "2001:db8:2::10/128")}\n---\n{ByName}");
        await bed.ExpectAsync("""
            office -> api             pass: tcp/8080
            printer, client -> api    drop: tcp/8080
            """);
        await bed.ApplyAsync(ByName);
        await bed.ExpectAsync("office, client -> api    drop: tcp/8080");
    }

    private static string Group(params string[] prefixes) => $$"""
        apiVersion: cilium.io/v2
        kind: CiliumCIDRGroup
        metadata: {name: partners}
        spec: {externalCIDRs: ["{{string.Join("\", \"", prefixes)}}"]}
        """;

    private async Task<Socket> OpenAsync(string from, int family)
    {
        var socket = bed.Parties[from].Socket(family, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await socket.ConnectAsync(new IPEndPoint(bed.Parties["api"].Address(family), 8080), limit.Token);
        return socket;
    }
}
