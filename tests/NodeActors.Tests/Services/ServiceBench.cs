using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>A model and a programmer on some maps, and a second programmer after the first was killed.</summary>
internal sealed class ServiceBench
{
    private readonly ServiceMaps _maps;
    private readonly Dictionary<(Wire.State.RecordKind, string), Record> _records = [];
    private uint _block;

    public ServiceBench(ServiceMaps maps, ServiceOptions? options = null)
    {
        _maps = maps;
        Options = options ?? new ServiceOptions();
        Restart();
    }

    public ServiceOptions Options { get; set; }

    public ManualTime Time { get; } = new();

    public ServiceModel Model { get; private set; } = null!;

    public ServiceProgrammer Programmer { get; private set; } = null!;

    /// <summary>A new process over the same kernel, which knows all records.</summary>
    public void Restart(IEnumerable<IPAddress>? addresses = null)
    {
        Model = new ServiceModel("node-a", Options);
        Model.SetAddresses(addresses ?? [IPAddress.Parse("192.0.2.1")]);
        foreach (var record in _records.Values)
        {
            Model.Apply(ServiceRecords.Change(null, record));
        }

        Programmer = new ServiceProgrammer(_maps, new ServiceIds(_block++, _ => _block++), Options, Time, NullLogger.Instance);
        Programmer.Adopt(KernelServices.Read(_maps));
    }

    public void Set(Record record)
    {
        _records.TryGetValue((record.Kind, record.Key), out var old);
        _records[(record.Kind, record.Key)] = record;
        Model.Apply(ServiceRecords.Change(old, record));
    }

    public void Remove(Record record)
    {
        if (_records.Remove((record.Kind, record.Key), out var old))
        {
            Model.Apply(ServiceRecords.Change(old, null));
        }
    }

    /// <summary>What the service actor does for each batch.</summary>
    public bool Pass()
    {
        Programmer.Update(Model.TakeChanges());
        Programmer.RemoveStrangers();
        return Programmer.Flush() && Programmer.LetGo();
    }

    /// <summary>Passes until nothing waits any more.</summary>
    public void Settle()
    {
        for (var i = 0; i < 4; i++)
        {
            Programmer.Retry();
            Assert.True(Pass(), string.Join("; ", Programmer.Problems));
            Time.Advance(ServiceProgrammer.Grace);
        }

        Assert.True(Programmer.Flush() && Programmer.LetGo());
    }

    /// <summary>Every frontend is whole, whatever the process is at.</summary>
    public static void AssertWhole(ServiceMaps maps)
    {
        foreach (var (key, entry) in maps.Services.Entries())
        {
            Assert.True(maps.Frontends.TryGet(entry.Frontend, out var named) && named == key, $"{ServiceEnd.Text(key)}: frontend {entry.Frontend} is not it");
            foreach (var pool in new[] { entry.Inside, entry.Outside })
            {
                for (var index = 0u; index < pool.Count; index++)
                {
                    Assert.True(maps.Pools.TryGet(new PoolSlot(pool.Id, index), out var id), $"{ServiceEnd.Text(key)}: pool {pool.Id} lacks {index}");
                    Assert.True(maps.Backends.TryGet(id, out _), $"{ServiceEnd.Text(key)}: backend {id} is missing");
                }

                for (var piece = 0u; piece * MaglevPiece.Length < pool.TableSize; piece++)
                {
                    Assert.True(maps.Maglev.TryGet(new MaglevKey(pool.Id, piece), out var content), $"{ServiceEnd.Text(key)}: table {pool.Id} lacks piece {piece}");
                    for (var i = 0u; i < MaglevPiece.Length && piece * MaglevPiece.Length + i < pool.TableSize; i++)
                    {
                        Assert.True(content[(int)i] < pool.Count);
                    }
                }
            }
        }
    }

    /// <summary>The kernel says what the plans of all records say, and nothing else.</summary>
    public void AssertEqual()
    {
        AssertWhole(_maps);
        var model = new ServiceModel("node-a", Options);
        model.SetAddresses([IPAddress.Parse("192.0.2.1")]);
        foreach (var record in _records.Values)
        {
            model.Apply(ServiceRecords.Change(null, record));
        }

        var plans = model.TakeChanges().Values.OfType<ServicePlan>().ToList();
        Assert.Equal(
            plans.SelectMany(plan => plan.Frontends)
                .Select(frontend => $"{ServiceEnd.Text(frontend.Key)} {frontend.Flags} {frontend.AffinityTicks} {string.Join(',', frontend.Inside)} / {string.Join(',', frontend.Outside)}").Order(),
            _maps.Services.Entries()
                .Select(pair => $"{ServiceEnd.Text(pair.Key)} {pair.Value.Flags} {pair.Value.AffinityTicks} {string.Join(',', Pool(pair.Value.Inside))} / {string.Join(',', Pool(pair.Value.Outside))}")
                .Order());
        Assert.Equal(
            plans.SelectMany(plan => plan.Groups).SelectMany(group => group.Backends).Select(backend => $"{backend.Address} {backend.IsTerminating}").Order(),
            _maps.Backends.Entries().Select(pair => $"{BackendAddress.From(pair.Value)} {pair.Value.Flags == BackendFlags.Terminating}").Order());
        Assert.Equal(plans.SelectMany(plan => plan.Frontends).Count(), _maps.Frontends.Entries().Count);
        var pools = _maps.Services.Entries().SelectMany(pair => new[] { pair.Value.Inside, pair.Value.Outside }).Where(pool => pool.Count > 0).ToList();
        Assert.Equal(pools.DistinctBy(pool => pool.Id).Sum(pool => (int)pool.Count), _maps.Pools.Entries().Count);
        Assert.Equal(
            plans.SelectMany(plan => plan.Groups).Sum(group => group.Ranges.Length), _maps.SourceRanges.Entries().Count);
        if (Options.Algorithm == LoadBalancerAlgorithm.Maglev)
        {
            Assert.All(_maps.Services.Entries().Where(pair => pair.Value.Outside.Count > 1), pair => Assert.Equal(Options.MaglevTableSize, pair.Value.Outside.TableSize));
            foreach (var pool in pools.Where(pool => pool.TableSize > 0).DistinctBy(pool => pool.Id))
            {
                var table = Maglev.Build(BackendList.InOrder([.. Addresses(pool)]), pool.TableSize, Options.MaglevSeed);
                for (var entry = 0; entry < table.Length; entry++)
                {
                    Assert.True(_maps.Maglev.TryGet(new MaglevKey(pool.Id, (uint)entry / MaglevPiece.Length), out var piece) && piece[entry % MaglevPiece.Length] == table[entry]);
                }
            }
        }
    }

    private IEnumerable<BackendAddress> Addresses(ServicePool pool)
    {
        for (var index = 0u; index < pool.Count; index++)
        {
            Assert.True(_maps.Pools.TryGet(new PoolSlot(pool.Id, index), out var id));
            Assert.True(_maps.Backends.TryGet(id, out var backend));
            yield return BackendAddress.From(backend);
        }
    }

    private IEnumerable<string> Pool(ServicePool pool) => Addresses(pool).Select(address => address.ToString());
}
