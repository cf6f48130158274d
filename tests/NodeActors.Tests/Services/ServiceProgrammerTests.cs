using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>Frontends are whole at every step, ids stay, what does not fit changes nothing.</summary>
public sealed class ServiceProgrammerTests
{
    private static readonly ServiceOptions _maglev = new() { Algorithm = LoadBalancerAlgorithm.Maglev, MaglevTableSize = 251 };
    private readonly WatchedServiceMaps _maps = new();

    [Theory]
    [InlineData(LoadBalancerAlgorithm.Random, 1)]
    [InlineData(LoadBalancerAlgorithm.Maglev, 2)]
    public void Every_frontend_is_whole_after_every_single_write_and_death(LoadBalancerAlgorithm algorithm, int seed)
    {
        var random = new Random(seed);
        var bench = new ServiceBench(_maps.Maps, _maglev with { Algorithm = algorithm });
        _maps.After = () => ServiceBench.AssertWhole(_maps.Inner);
        var deaths = 0;
        for (var step = 0; step < 600; step++)
        {
            RandomChange(random, bench);
            if (random.Next(4) == 0)
            {
                _maps.Lifetime = random.Next(30);
            }

            if (random.Next(10) == 0)
            {
                _maps.Refusing = new[] { "services", "frontends", "service_pools", "backends", "maglev", "source_ranges" }[random.Next(6)];
            }

            if (random.Next(3) == 0)
            {
                bench.Time.Advance(TimeSpan.FromSeconds(random.NextDouble() * 2));
            }

            try
            {
                bench.Pass();
            }
            catch (KilledException)
            {
                deaths++;
                _maps.Lifetime = null;
                bench.Restart();
            }

            (_maps.Lifetime, _maps.Refusing) = (null, null);
            ServiceBench.AssertWhole(_maps.Inner);
            if (step % 50 == 49)
            {
                bench.Settle();
                bench.AssertEqual();
            }
        }

        Assert.True(deaths > 20, $"{deaths} deaths");
    }

    [Fact]
    public void A_restart_writes_nothing_and_keeps_every_id()
    {
        var bench = new ServiceBench(_maps.Maps, _maglev);
        var random = new Random(5);
        for (var i = 0; i < 40; i++)
        {
            RandomChange(random, bench);
        }

        bench.Settle();
        bench.AssertEqual();
        var (services, backends) = (_maps.Inner.Services.Entries().ToDictionary(), _maps.Inner.Backends.Entries().ToDictionary());
        Assert.NotEmpty(services);
        _maps.Writes = 0;
        bench.Restart();
        bench.Settle();
        Assert.Equal(0, _maps.Writes);
        Assert.Equal(services, _maps.Inner.Services.Entries().ToDictionary());
        Assert.Equal(backends, _maps.Inner.Backends.Entries().ToDictionary());
    }

    [Theory]
    [InlineData(251u, 9UL)]
    [InlineData(509u, 0UL)]
    public void Tables_that_would_be_made_otherwise_are_replaced_by_fresh_pools(uint size, ulong seed)
    {
        var bench = new ServiceBench(_maps.Maps, _maglev);
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001)));
        bench.Set(Slice("a", 1, 2, 3));
        bench.Settle();
        var before = Outside();
        bench.Options = _maglev with { MaglevTableSize = size, MaglevSeed = seed };
        bench.Restart();
        _maps.After = () => ServiceBench.AssertWhole(_maps.Inner);
        bench.Settle();
        bench.AssertEqual();
        Assert.NotEqual(before.Id, Outside().Id);
        Assert.Equal(size, Outside().TableSize);
        Assert.Equal(InstalledPool.PiecesOf(size), _maps.Inner.Maglev.Entries().Count);
    }

    [Fact]
    public void Equal_pools_are_one_and_a_table_is_added_to_it()
    {
        var bench = new ServiceBench(_maps.Maps, _maglev);
        var service = ServiceRecords.Service("a", "10.96.0.1");
        bench.Set(ServiceRecords.Record(service));
        bench.Set(Slice("a", 1, 2, 3));
        bench.Settle();
        Assert.Empty(_maps.Inner.Maglev.Entries());
        var outside = ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001);
        outside.ExternalIps.Add("203.0.113.1");
        bench.Set(ServiceRecords.Record(outside));
        bench.Settle();
        bench.AssertEqual();
        var entries = _maps.Inner.Services.Entries().Select(pair => pair.Value).ToList();
        Assert.Equal(4, entries.Count); // the node port is at one address and at any node's
        Assert.Single(entries.SelectMany(entry => new[] { entry.Inside, entry.Outside }).Where(pool => pool.Count > 0).Select(pool => pool.Id).Distinct());
        Assert.All(entries, entry => Assert.Equal(0u, entry.Inside.TableSize));
        Assert.Single(entries.Select(entry => entry.Group).Distinct());
        Assert.Equal(2, _maps.Inner.Maglev.Entries().Count);
    }

    [Fact]
    public void A_service_that_asks_for_a_table_has_one_and_loses_it()
    {
        var bench = new ServiceBench(_maps.Maps, new ServiceOptions { MaglevTableSize = 251 });
        var service = ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001);
        service.Annotations["service.cilium.io/lb-algorithm"] = "maglev";
        bench.Set(ServiceRecords.Record(service));
        bench.Set(Slice("a", 1, 2, 3));
        bench.Settle();
        bench.AssertEqual();
        Assert.Equal(2, _maps.Inner.Maglev.Entries().Count);
        Assert.Equal([0u, 251u], _maps.Inner.Services.Entries().Select(pair => pair.Value.Outside.TableSize).Distinct().Order());

        bench.Set(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001)));
        bench.Settle();
        Assert.All(_maps.Inner.Services.Entries(), pair => Assert.Equal(0u, pair.Value.Outside.TableSize));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_table_is_found_and_written_again(bool restarted)
    {
        var bench = new ServiceBench(_maps.Maps, _maglev);
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001)));
        bench.Set(Slice("a", 1, 2, 3));
        bench.Settle();
        if (restarted)
        {
            bench.Restart();
            bench.Settle();
        }

        Assert.Equal(0, bench.Programmer.Compare(countsAsDrift: true));
        var before = Tables();
        var (key, piece) = _maps.Inner.Maglev.Entries().MaxBy(pair => pair.Key.Piece);
        piece[7] = (ushort)((piece[7] + 1) % 3);
        _maps.Inner.Maglev.Put(key, piece);
        Assert.Equal(1, bench.Programmer.Compare(countsAsDrift: true));
        bench.Settle();
        Assert.Equal(before, Tables());
        Assert.Equal(0, bench.Programmer.Compare(countsAsDrift: true));

        string[] Tables() =>
        [
            .. _maps.Inner.Maglev.Entries().OrderBy(pair => pair.Key.Piece)
                .Select(pair => $"{pair.Key}: {string.Join(' ', Enumerable.Range(0, MaglevPiece.Length).Select(entry => pair.Value[entry]))}"),
        ];
    }

    [Fact]
    public void A_changed_list_is_another_pool_and_what_stays_keeps_its_id()
    {
        var bench = Served(1, 2);
        var before = Single();
        var backends = _maps.Inner.Backends.Entries().ToDictionary(pair => BackendAddress.From(pair.Value).ToString(), pair => pair.Key);
        bench.Set(Slice("a", 2, 3));
        Assert.True(bench.Pass());
        var after = Single();
        Assert.Equal((before.Frontend, before.Group), (after.Frontend, after.Group));
        Assert.NotEqual(before.Inside.Id, after.Inside.Id);
        Assert.Equal(4, _maps.Inner.Pools.Entries().Count); // a packet may still be reading the old one
        Assert.True(_maps.Inner.Backends.TryGet(backends["10.0.0.1:8080/TCP"], out var leaving));
        Assert.Equal(BackendFlags.Terminating, leaving.Flags);
        Assert.True(_maps.Inner.Backends.TryGet(backends["10.0.0.2:8080/TCP"], out _));
        bench.Settle();
        bench.AssertEqual();
        Assert.False(_maps.Inner.Backends.TryGet(backends["10.0.0.1:8080/TCP"], out _));
    }

    [Fact]
    public void Who_comes_back_within_the_grace_period_keeps_its_id_and_later_gets_another()
    {
        var bench = Served(1, 2);
        var before = Single();
        var service = ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1"));
        bench.Remove(service);
        Assert.True(bench.Pass());
        Assert.Empty(_maps.Inner.Services.Entries());
        Assert.Single(_maps.Inner.Frontends.Entries());
        bench.Set(service);
        bench.Settle();
        Assert.Equal(before.Frontend, Single().Frontend);
        bench.AssertEqual();
        bench.Remove(service);
        bench.Settle();
        Assert.Empty(_maps.Inner.Frontends.Entries());
        Assert.Empty(_maps.Inner.Backends.Entries());
        bench.Set(service);
        bench.Settle();
        Assert.True(Single().Frontend > before.Frontend);
    }

    [Fact]
    public void Backends_of_two_services_are_two_so_that_affinity_to_one_ends_with_it()
    {
        var bench = Served(1);
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("b", "10.96.0.2")));
        bench.Set(Slice("b", 1));
        bench.Settle();
        Assert.Equal(2, _maps.Inner.Backends.Entries().Count);
    }

    [Fact]
    public void A_terminating_backend_is_marked_and_keeps_its_id_over_a_restart()
    {
        var bench = Served(1, 2);
        bench.Set(ServiceRecords.Record(ServiceRecords.Slice("a", Endpoint(1, terminating: true), Endpoint(2))));
        bench.Settle();
        bench.AssertEqual();
        var marked = _maps.Inner.Backends.Entries().Single(pair => pair.Value.Flags == BackendFlags.Terminating);
        Assert.Equal(1u, Single().Inside.Count);
        bench.Restart();
        bench.Settle();
        Assert.True(_maps.Inner.Backends.TryGet(marked.Key, out var kept));
        Assert.Equal(marked.Value, kept);
    }

    [Fact]
    public void A_frontend_changes_hands_without_a_gap()
    {
        var bench = new ServiceBench(_maps.Maps);
        var (a, b) = (ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1")), ServiceRecords.Record(ServiceRecords.Service("b", "10.96.0.1")));
        bench.Set(b);
        bench.Set(Slice("a", 1));
        bench.Set(Slice("b", 2));
        bench.Settle();
        var before = Single();
        _maps.After = () => Assert.Single(_maps.Inner.Services.Entries());
        bench.Set(a);
        bench.Settle();
        Assert.Equal(before.Frontend, Single().Frontend);
        Assert.NotEqual(before.Group, Single().Group);
        bench.Remove(a);
        bench.Settle();
        bench.AssertEqual();
    }

    [Fact]
    public void Source_ranges_go_with_the_group_and_end_at_once()
    {
        var bench = new ServiceBench(_maps.Maps);
        var service = ServiceRecords.Service("a", "10.96.0.1");
        service.LoadBalancerIps.Add("198.51.100.1");
        service.SourceRanges.Add(["10.0.0.0/8", "192.168.0.0/16"]);
        bench.Set(ServiceRecords.Record(service));
        bench.Settle();
        bench.AssertEqual();
        var group = _maps.Inner.Services.Entries()[0].Value.Group;
        Assert.Equal([SourceRangeKey.From(group, IPNetwork.Parse("10.0.0.0/8")), SourceRangeKey.From(group, IPNetwork.Parse("192.168.0.0/16"))], _maps.Inner.SourceRanges.Entries().Select(pair => pair.Key));
        var fewer = service.Clone();
        fewer.SourceRanges.RemoveAt(0);
        bench.Set(ServiceRecords.Record(fewer));
        Assert.True(bench.Pass());
        Assert.Equal(SourceRangeKey.From(group, IPNetwork.Parse("192.168.0.0/16")), Assert.Single(_maps.Inner.SourceRanges.Entries()).Key);
    }

    [Theory]
    [InlineData("services", "--bpf-lb-map-max")]
    [InlineData("service_pools", "--bpf-lb-pool-map-max")]
    [InlineData("backends", "--bpf-lb-service-backend-map-max")]
    [InlineData("maglev", "--bpf-lb-maglev-map-max")]
    [InlineData("source_ranges", "--bpf-lb-source-range-map-max")]
    public void What_does_not_fit_changes_nothing_and_is_tried_again(string full, string option)
    {
        var maps = new WatchedServiceMaps(
            services: full == "services" ? 4u : 64, pools: full == "service_pools" ? 4u : 64, backends: full == "backends" ? 4u : 64, maglev: full == "maglev" ? 4u : 64,
            ranges: full == "source_ranges" ? 4u : 64);
        var bench = new ServiceBench(maps.Maps, _maglev);
        bench.Set(Restricted("a", 1));
        bench.Set(Slice("a", 1, 2));
        bench.Set(Restricted("b", 2));
        bench.Set(Slice("b", 1, 2));
        bench.Settle();
        Assert.Empty(bench.Programmer.Problems);
        var before = maps.Inner.Services.Entries().ToDictionary();
        Assert.Equal(4, before.Count);

        // One more of everything for b, and a new one: neither fits.
        var larger = Restricted("b", 2, "10.3.0.0/16");
        larger.Service.ExternalIps.Add("203.0.113.2");
        bench.Set(larger);
        bench.Set(Slice("b", 1, 2, 3));
        bench.Set(Restricted("c", 3));
        bench.Set(Slice("c", 1, 2));
        Assert.True(bench.Pass());
        Assert.Equal(before, maps.Inner.Services.Entries().ToDictionary());
        Assert.True(bench.Programmer.HasRefused);
        Assert.All(bench.Programmer.Problems, problem => Assert.Contains($"map {full} is full", problem));
        Assert.All(bench.Programmer.Problems, problem => Assert.Contains(option, problem));
        Assert.Contains(bench.Programmer.Problems, problem => problem.StartsWith("service default/b: ", StringComparison.Ordinal) && problem.EndsWith("what was in force stays", StringComparison.Ordinal));

        // Over a restart, too.
        bench.Restart();
        Assert.True(bench.Pass());
        bench.Time.Advance(ServiceProgrammer.Grace);
        Assert.True(bench.Pass());
        Assert.Equal(before.Keys, maps.Inner.Services.Entries().ToDictionary().Keys);
        ServiceBench.AssertWhole(maps.Inner);

        // Room is made: what was refused comes in.
        bench.Remove(Restricted("a", 1));
        bench.Remove(Restricted("b", 2));
        bench.Settle();
        Assert.Empty(bench.Programmer.Problems);
        bench.AssertEqual();
    }

    [Theory]
    [InlineData("services")]
    [InlineData("frontends")]
    [InlineData("service_pools")]
    [InlineData("backends")]
    [InlineData("maglev")]
    public void A_map_that_refuses_leaves_in_force_what_was(string map)
    {
        var bench = new ServiceBench(_maps.Maps, _maglev);
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001)));
        bench.Set(Slice("a", 1, 2));
        bench.Settle();
        var before = _maps.Inner.Services.Entries().ToDictionary();
        _maps.Refusing = map;
        bench.Set(Slice("a", 1, 3, 4));
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("b", "10.96.0.2")));
        Assert.False(bench.Pass());
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(bench.Pass());
        ServiceBench.AssertWhole(_maps.Inner);
        Assert.Equal(before, _maps.Inner.Services.Entries().Where(pair => before.ContainsKey(pair.Key)).ToDictionary());
        Assert.Contains(bench.Programmer.Problems, problem => problem.Contains($"map {map}", StringComparison.Ordinal) && problem.Contains("--bpf-lb-", StringComparison.Ordinal));
        _maps.Refusing = null;
        bench.Settle();
        bench.AssertEqual();
        Assert.Empty(bench.Programmer.Problems);
    }

    [Fact]
    public void More_backends_than_a_pool_holds_are_refused_and_named()
    {
        var maps = new WatchedServiceMaps(backends: 100_000, pools: 200_000);
        var bench = new ServiceBench(maps.Maps);
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1")));
        bench.Set(Slice("a", 1, 2));
        bench.Settle();
        var before = maps.Inner.Services.Entries();
        bench.Set(Slice("a", [.. Enumerable.Range(1, ServicePool.MaxCount + 1)]));
        Assert.True(bench.Pass());
        Assert.Equal(before, maps.Inner.Services.Entries());
        Assert.False(bench.Programmer.HasRefused); // no retry helps
        Assert.Contains("65536 backends, at most 65535", bench.Programmer.Problems.Single());
        bench.Set(Slice("a", [.. Enumerable.Range(1, ServicePool.MaxCount)]));
        bench.Settle();
        Assert.Equal(65535u, maps.Inner.Services.Entries().Single().Value.Inside.Count);
        Assert.Empty(bench.Programmer.Problems);
    }

    [Fact]
    public void What_somebody_else_changed_is_repaired()
    {
        var bench = new ServiceBench(_maps.Maps, _maglev);
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001)));
        bench.Set(Slice("a", 1, 2, 3));
        bench.Settle();
        Assert.Equal(0, bench.Programmer.Compare(countsAsDrift: true));
        var entry = _maps.Inner.Services.Entries()[0].Value;
        _maps.Inner.Pools.Delete(new PoolSlot(entry.Inside.Id, 1));
        _maps.Inner.Pools.Put(new PoolSlot(77, 1), 1);
        _maps.Inner.Maglev.Delete(new MaglevKey(entry.Inside.Id, 1));
        _maps.Inner.Backends.Put(4711, default);
        _maps.Inner.Frontends.Delete(entry.Frontend);
        Assert.Equal(5, bench.Programmer.Compare(countsAsDrift: true));
        Assert.True(bench.Programmer.Flush() && bench.Programmer.LetGo());
        bench.AssertEqual();
        Assert.Equal(5, bench.Programmer.Status.Sum(map => map.Drift));
    }

    [Fact]
    public void Numbers_go_on_at_the_end_and_begin_a_block_before_they_use_it()
    {
        var reserved = new List<uint>();
        var ids = new ServiceIds(4095, reserved.Add);
        Assert.Equal(4095u << 20, ids.Next(_ => false));
        var last = ids.Next(id => id < uint.MaxValue - 1);
        Assert.Equal(uint.MaxValue - 1, last);
        Assert.Empty(reserved);
        Assert.Equal(uint.MaxValue, ids.Next(_ => false));
        Assert.Equal([0u], reserved);
        Assert.Equal(3u, ids.Next(id => id is 1 or 2)); // 0 is none, 1 and 2 are still there
    }

    private ServiceBench Served(params int[] endpoints)
    {
        var bench = new ServiceBench(_maps.Maps);
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1")));
        bench.Set(Slice("a", endpoints));
        bench.Settle();
        return bench;
    }

    private ServiceEntry Single() => Assert.Single(_maps.Inner.Services.Entries()).Value;

    private ServicePool Outside() => _maps.Inner.Services.Entries().Single(pair => pair.Value.Flags.HasFlag(ServiceFlags.External)).Value.Outside;

    private static Wire.State.Record Restricted(string name, int number, params string[] more)
    {
        var service = ServiceRecords.Service(name, $"10.96.0.{number}");
        service.LoadBalancerIps.Add($"198.51.100.{number}");
        service.SourceRanges.Add(["10.1.0.0/16", "10.2.0.0/16", .. more]);
        return ServiceRecords.Record(service);
    }

    private static Wire.State.Record Slice(string service, params int[] endpoints) => ServiceRecords.Record(ServiceRecords.Slice(service, endpoints.Select(number => Endpoint(number))));

    private static SliceEndpoint Endpoint(int number, bool terminating = false) =>
        ServiceRecords.Endpoint($"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", ready: !terminating, terminating: terminating, node: number % 2 == 0 ? "node-a" : "node-b");

    private static void RandomChange(Random random, ServiceBench bench)
    {
        var number = random.Next(5);
        var name = $"{(char)('a' + number)}";
        if (random.Next(3) > 0)
        {
            var endpoints = Enumerable.Range(1, 6).Where(_ => random.Next(2) == 0).Select(each => Endpoint(each, terminating: random.Next(4) == 0)).ToArray();
            bench.Set(ServiceRecords.Record(ServiceRecords.Slice(name, endpoints)));
            return;
        }

        // Addresses are few, so that services want the same ones.
        var service = ServiceRecords.Service(name, $"10.96.0.{random.Next(4)}", nodePort: random.Next(2) == 0 ? 0 : 30000 + (uint)random.Next(3));
        service.ExternalTrafficLocal = random.Next(2) == 0;
        service.AffinitySeconds = random.Next(2) == 0 ? 0u : 60;
        if (random.Next(2) == 0)
        {
            service.LoadBalancerIps.Add($"198.51.100.{random.Next(3)}");
            service.SourceRanges.Add(Enumerable.Range(0, random.Next(3)).Select(range => $"10.{range}.0.0/16"));
        }

        if (random.Next(5) == 0)
        {
            bench.Remove(ServiceRecords.Record(service));
        }
        else
        {
            bench.Set(ServiceRecords.Record(service));
        }
    }
}
