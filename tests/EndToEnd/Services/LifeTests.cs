using System.Security.Cryptography;

namespace Axoneme.EndToEnd.Services;

/// <summary>What services do for connections over time: backends and agents that go, clients that stay, addresses that are not for everybody.</summary>
public abstract class LifeTests(LifeBed bed)
{
    private const string Affinity = "sessionAffinity: ClientIP";

    private Endpoint Near => bed.Backends[0];

    private Endpoint Far => bed.Backends[1];

    [Fact]
    public async Task Connections_stay_with_a_backend_that_terminates_and_all_that_terminate_serve()
    {
        var service = await bed.ServiceAsync("going");
        await bed.SetAsync(service, Near, Far);
        await bed.AnsweredAsync(service, "web1", "web2");
        var open = await Task.WhenAll(bed.OpenWays(service).SelectMany(way => Enumerable.Repeat(way, 6)).Select(way => OpenConnection.BeginAsync(way.From, "tcp", way.Address, way.Port)));
        try
        {
            var before = await WhoAsync(open);
            Assert.Equal(["web1", "web2"], before.Distinct().Order());

            await bed.SetAsync(service, Near, Far with { State = EndpointState.Terminating });
            await bed.AnsweredAsync(service, "web1");
            Assert.Equal(before, await WhoAsync(open));

            await bed.SetAsync(service, Near with { State = EndpointState.Terminating }, Far with { State = EndpointState.Terminating });
            await bed.AnsweredAsync(service, "web1", "web2");
            Assert.Equal(before, await WhoAsync(open));

            // One ready again: nobody else gets anything new.
            await bed.SetAsync(service, Near with { State = EndpointState.Terminating }, Far);
            await bed.AnsweredAsync(service, "web2");
            Assert.Equal(before, await WhoAsync(open));
        }
        finally
        {
            Array.ForEach(open, connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Datagrams_go_to_another_backend_when_theirs_is_gone()
    {
        var service = await bed.ServiceAsync("datagrams");
        await bed.SetAsync(service, Near, Far);
        await bed.AnsweredAsync(service, "web1", "web2");
        var open = await Task.WhenAll(bed.OpenWays(service).SelectMany(way => Enumerable.Repeat(way, 6)).Select(way => OpenConnection.BeginAsync(way.From, "udp", way.Address, way.Port)));
        try
        {
            var before = await WhoAsync(open);
            Assert.Equal(["web1", "web2"], before.Distinct().Order());
            Assert.Equal(before, await WhoAsync(open));
            await bed.SetAsync(service, Near);
            await bed.Cluster.UntilAsync("web1 has all", async () => (await WhoAsync(open)).All(who => who == "web1"));
        }
        finally
        {
            Array.ForEach(open, connection => connection.Dispose());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connected_udp_socket_is_told_that_its_backend_was_removed_and_connects_to_another(bool agentIsAway)
    {
        var service = await bed.ServiceAsync(agentIsAway ? "stranded-later" : "stranded");
        var node = bed.Cluster.Nodes[0];
        await bed.SetAsync(service, Near, Far);
        await bed.AnsweredAsync(service, "web1", "web2");
        var open = await Task.WhenAll(from family in LifeBed.Families from _ in Enumerable.Range(0, 6) from socket in new[]
        {
            ConnectedDatagrams.BeginAsync(node, bed.Client, service.ClusterIp(family), ManualService.Port),
            ConnectedDatagrams.BeginAsync(node, service.ClusterIp(family), ManualService.Port),
        } select socket);
        var direct = await Task.WhenAll(new[] { Far.Pod.Ipv4, Far.Pod.Ipv6 }.Select(address => ConnectedDatagrams.BeginAsync(node, bed.Client, address, 8080)));
        try
        {
            var before = await WhoAsync(open);
            Assert.Equal(["web1", "web2"], before.Distinct().Order());
            Assert.Equal(["web2", "web2"], await WhoAsync(direct));

            // Whoever has it keeps it as long as it only terminates.
            await bed.SetAsync(service, Near, Far with { State = EndpointState.Terminating });
            Assert.Equal(before, await WhoAsync(open));
            if (agentIsAway)
            {
                await node.KillServerAsync();
                await bed.Cluster.ApplyAsync($"{service.Name}-slices.yaml", Endpoint.Slices(service.Name, service.Name, [Near])!);
                Assert.Equal(before, await WhoAsync(open));
                await node.StartServerAsync();
            }
            else
            {
                await bed.SetAsync(service, Near);
            }

            // The pod itself lives on and would answer.
            var stranded = open.Where((_, i) => before[i] == "web2").ToList();
            var told = new List<string>();
            await bed.Cluster.UntilAsync("all are told", async () =>
            {
                foreach (var socket in stranded.ToArray())
                {
                    if (await socket.AskAsync() is not "web2" and var said)
                    {
                        told.Add(said);
                        stranded.Remove(socket);
                    }
                }

                return stranded.Count == 0;
            });
            Assert.All(told, said => Assert.Contains("Software caused connection abort", said, StringComparison.Ordinal));
            await Task.WhenAll(open.Where((_, i) => before[i] == "web2").Select(socket => socket.ConnectAsync()));
            Assert.All(await WhoAsync(open), who => Assert.Equal("web1", who));
            Assert.Equal(["web2", "web2"], await WhoAsync(direct));

            static Task<string[]> WhoAsync(ConnectedDatagrams[] sockets) => Task.WhenAll(sockets.Select(socket => socket.AskAsync()));
        }
        finally
        {
            Array.ForEach([.. open, .. direct], socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task An_agent_that_dies_and_comes_back_moves_neither_connections_nor_affinity()
    {
        var (service, affine) = (await bed.ServiceAsync("staying"), await bed.ServiceAsync("affine", Affinity));
        await bed.SetAsync(service, Near, Far);
        await bed.SetAsync(affine, Near, Far);
        await bed.AnsweredAsync(service, "web1", "web2");
        var open = await Task.WhenAll(bed.OpenWays(service).SelectMany(way => Enumerable.Repeat(way, 6)).SelectMany(way => new[] { "tcp", "udp" }
            .Select(protocol => OpenConnection.BeginAsync(way.From, protocol, way.Address, way.Port))));
        try
        {
            var before = await WhoAsync(open);
            var faithful = await FaithfulAsync();
            foreach (var node in bed.Cluster.Nodes)
            {
                await node.KillServerAsync();
                Assert.Equal(before, await WhoAsync(open));
                await node.StartServerAsync();
            }

            await bed.Cluster.EnforcedAsync();
            Assert.Equal(before, await WhoAsync(open));
            Assert.Equal(faithful, await FaithfulAsync());

            // Not what it remembers either: another backend joins.
            await bed.SetAsync(service, Near);
            await bed.AnsweredAsync(service, "web1");
        }
        finally
        {
            Array.ForEach(open, connection => connection.Dispose());
        }

        async Task<string[]> FaithfulAsync()
        {
            var all = new List<string>();
            foreach (var (name, asker, address, port) in bed.Ways(affine))
            {
                var heard = await asker.AskAsync(Enumerable.Repeat(new Asked("tcp", address, port), 6));
                all.Add($"{name}: {string.Join(", ", heard.Select(one => one.Who ?? one.Error).Distinct())}");
            }

            Assert.DoesNotContain(all, line => line.Contains(',', StringComparison.Ordinal) && line.Split(": ")[1].Contains(',', StringComparison.Ordinal));
            return [.. all];
        }
    }

    [Fact]
    public async Task Affinity_ends_when_it_was_not_used_for_its_time()
    {
        var service = await bed.ServiceAsync("brief", "sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 1}}");
        await bed.SetAsync(service, Near, Far);
        var waiting = bed.Ways(service).Where((_, way) => way % 2 == 0).ToDictionary(way => way.Name, way => (way.Asker, Asked: new Asked("tcp", way.Address, way.Port), Heard: new HashSet<string>()));
        await bed.Cluster.UntilAsync("everybody has had another backend", async () =>
        {
            foreach (var (name, way) in waiting)
            {
                if ((await way.Asker.AskAsync([way.Asked]))[0].Who is { } who && way.Heard.Add(who) && way.Heard.Count == 2)
                {
                    waiting.Remove(name);
                }
            }

            // The kernel counts in units of 2^30 ns: two of them, and more.
            await Task.Delay(TimeSpan.FromSeconds(2.5));
            return waiting.Count == 0;
        }, TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Source_ranges_say_who_may_come_to_a_load_balancer()
    {
        const string Others = "\"198.51.100.128/25\", \"2001:db8:52::/64\"";
        var service = await bed.ServiceAsync("ranges", $"loadBalancerSourceRanges: [{Others}]");
        await bed.SetAsync(service, Near, Far);
        await UntilOutsideAsync("timeout");
        await bed.Cluster.EnforceAsync("ranges.yaml", (service with { More = $"loadBalancerSourceRanges: [{Others}, \"{Underlay.OutsideIPv4}/32\", \"{Underlay.OutsideIPv6}/128\"]" }).Yaml);
        await UntilOutsideAsync(null);
        await bed.Cluster.EnforceAsync("ranges.yaml", service.Yaml);
        await UntilOutsideAsync("timeout");

        Task UntilOutsideAsync(string? error) => bed.Cluster.UntilAsync($"the outside hears {error ?? "somebody"}", async () =>
            (await bed.Cluster.Underlay.Asker.AskAsync(
                from family in LifeBed.Families from protocol in new[] { "tcp", "udp" } select new Asked(protocol, service.LoadBalancerIp(family), ManualService.Port),
                TimeSpan.FromSeconds(1)))
            .All(heard => heard.Error == error));
    }

    [Fact]
    public async Task A_service_that_loses_its_backends_refuses_at_once()
    {
        var service = await bed.ServiceAsync("deserted");
        await bed.AnsweredAsync(service, "refused");
        await bed.SetAsync(service, Near, Far);
        await bed.AnsweredAsync(service, "web1", "web2");
        await bed.SetAsync(service);
        await bed.AnsweredAsync(service, "refused");
    }

    [Fact]
    public async Task A_node_cannot_take_a_port_that_a_service_has()
    {
        var service = await bed.ServiceAsync("claimed");
        var node = bed.Cluster.Nodes[0];
        var socket = Path.Combine(node.RunDirectory, "port.sock");
        var listens = Responder.StartAsync(node.Namespace.Path, socket, [service.NodePort], node.Cgroup);
        await Assert.ThrowsAsync<InvalidOperationException>(() => listens);
        await using var free = await Responder.StartAsync(node.Namespace.Path, socket, [service.NodePort + 500], node.Cgroup);
    }

    [Fact]
    public async Task Backends_learn_through_the_service_how_much_the_way_to_a_client_takes()
    {
        var service = await bed.ServiceAsync("narrow");
        await bed.SetAsync(service, Far);
        await bed.AnsweredAsync(service, "web2");
        var sent = RandomNumberGenerator.GetBytes(1 << 20);

        // Only towards the client: it knows nothing of it, and announces segments that are too long.
        await bed.Cluster.Underlay.Router.IpAsync("link set wan mtu 1300");
        try
        {
            foreach (var family in LifeBed.Families)
            {
                using var connection = await OpenConnection.BeginAsync(bed.Outside, "tcp", bed.NodeAddress(family), service.NodePort);
                try
                {
                    Assert.Equal(sent, await connection.EchoAsync(sent));
                }
                catch (OperationCanceledException)
                {
                    Assert.Fail($"nothing goes on over IPv{family}");
                }
            }
        }
        finally
        {
            await bed.Cluster.Underlay.Router.IpAsync("link set wan mtu 1500");
        }
    }

    /// <summary>One after the other: of datagrams nobody can tell that the first service is asked no more.</summary>
    [Fact]
    public async Task A_client_may_ask_two_services_of_one_backend_from_the_same_port()
    {
        var services = new[] { await bed.ServiceAsync("one"), await bed.ServiceAsync("other") };
        foreach (var service in services)
        {
            await bed.SetAsync(service, Near);
            await bed.AnsweredAsync(service, "web1");
        }

        foreach (var service in services.Concat(services))
        {
            var port = 20001;
            foreach (var (name, asker, address, at) in bed.Ways(service))
            {
                var heard = await asker.AskAsync([new Asked("tcp", address, at, From: port++)]);
                Assert.True(heard[0].Who == "web1", $"{service.Name}, {name}: {heard[0]}");
            }
        }
    }

    private static Task<string[]> WhoAsync(OpenConnection[] open) => Task.WhenAll(open.Select(connection => connection.AskAsync()));
}
