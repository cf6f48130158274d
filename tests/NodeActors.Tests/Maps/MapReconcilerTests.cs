using Axoneme.Datapath.InMemory;
using Axoneme.NodeActors.Maps;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Maps;

public class MapReconcilerTests
{
    private readonly InMemoryKernelMap<uint, ulong> _kernel = new("test", 4);
    private readonly MapReconciler<uint, ulong> _map;

    public MapReconcilerTests() => _map = new(_kernel, NullLogger.Instance);

    [Fact]
    public void Only_what_changed_is_written()
    {
        _map.Set(1, 10);
        _map.Set(2, 20);
        Assert.True(_map.WritePuts());
        _map.Set(1, 10);
        _map.Set(2, 21);
        Assert.True(_map.WritePuts());
        Assert.Equal(3, _kernel.Puts);
        Assert.True(_kernel.TryGet(2, out var value) && value == 21);
    }

    [Fact]
    public void A_refused_write_stays_pending_names_its_reason_and_succeeds_later()
    {
        _map.Set(1, 10);
        _kernel.FailNext(5);
        _kernel.FailNext(5);
        Assert.False(_map.WritePuts());
        Assert.Contains("map test: put", _map.Status.Problem);
        Assert.Equal(1, _map.Status.Pending);
        Assert.True(_map.WritePuts());
        Assert.Null(_map.Status.Problem);
        Assert.Equal(1, _kernel.Count);
    }

    [Fact]
    public void A_batch_that_fails_midway_is_finished_one_by_one()
    {
        _map.Set(1, 10);
        _map.Set(2, 20);
        _map.Set(3, 30);
        _kernel.FailNext(5, after: 1);
        Assert.True(_map.WritePuts());
        Assert.Equal(3, _kernel.Count);
        Assert.Equal(1, _map.Status.Failures);
    }

    [Fact]
    public void What_is_in_a_full_map_still_changes_whatever_else_does_not_fit()
    {
        for (var key = 1u; key <= 4; key++)
        {
            _map.Set(key, key);
        }

        Assert.True(_map.WritePuts());
        for (var key = 5u; key <= 40; key++)
        {
            _map.Set(key, key);
        }

        _map.Set(3, 33);
        Assert.False(_map.WritePuts());
        Assert.True(_kernel.TryGet(3, out var value) && value == 33);
        Assert.Equal(36, _map.Status.Pending);
    }

    [Fact]
    public void One_entry_too_many_leaves_the_others_in_the_kernel()
    {
        for (var key = 1u; key <= 5; key++)
        {
            _map.Set(key, key);
        }

        Assert.False(_map.WritePuts());
        Assert.Equal(4, _kernel.Count);
        Assert.Equal(1, _map.Status.Pending);
        _map.Remove(_kernel.Entries()[0].Key);
        Assert.True(_map.WriteDeletes());
        Assert.True(_map.WritePuts());
        Assert.Equal(4, _kernel.Count);
    }

    [Fact]
    public void A_refused_removal_stays_pending()
    {
        _map.Set(1, 10);
        _map.WritePuts();
        _map.Remove(1);
        _kernel.FailNext(5);
        Assert.False(_map.WriteDeletes());
        Assert.Equal(1, _kernel.Count);
        Assert.True(_map.WriteDeletes());
        Assert.Equal(0, _kernel.Count);
    }

    [Fact]
    public void Comparing_repairs_and_counts_what_somebody_else_changed_removed_or_added()
    {
        _map.Set(1, 10);
        _map.Set(2, 20);
        _map.WritePuts();
        _kernel.Put(1, 99);
        _kernel.Delete(2);
        _kernel.Put(7, 70);
        Assert.Equal(3, _map.Compare(countsAsDrift: true));
        Assert.True(_map.WritePuts() & _map.WriteDeletes());
        Assert.Equal([new(1, 10), new(2, 20)], _kernel.Entries().OrderBy(e => e.Key));
        Assert.Equal(3, _map.Status.Drift);
        Assert.Equal(0, _map.Compare(countsAsDrift: true));
    }

    [Fact]
    public void A_restarted_writer_writes_only_differences()
    {
        _kernel.Put(1, 10);
        _kernel.Put(2, 20);
        _kernel.Put(3, 30);
        var before = _kernel.Puts;
        _map.Set(1, 10);
        _map.Set(2, 22);
        _map.Compare(countsAsDrift: false);
        Assert.True(_map.WritePuts() & _map.WriteDeletes());
        Assert.Equal(1, _kernel.Puts - before);
        Assert.Equal([new(1, 10), new(2, 22)], _kernel.Entries().OrderBy(e => e.Key));
        Assert.Equal(0, _map.Status.Drift);
    }

    [Fact]
    public void An_array_keeps_what_nobody_wants_and_gets_back_what_is_wanted()
    {
        var kernel = new InMemoryArrayMap<ulong>("array", 8);
        var map = new MapReconciler<uint, ulong>(kernel, NullLogger.Instance, removesStrangers: false);
        kernel.Put(5, 50);
        map.Set(1, 10);
        map.WritePuts();
        kernel.Put(1, 11);
        Assert.Equal(1, map.Compare(countsAsDrift: true));
        Assert.True(map.WritePuts() & map.WriteDeletes());
        Assert.Equal([new(1, 10), new(5, 50)], kernel.Entries().OrderBy(e => e.Key));
    }
}
