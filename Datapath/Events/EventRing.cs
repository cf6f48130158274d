using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Events;

/// <summary>The reader of ring buffer <c>events</c>. One reader at a time: the ring has one consumer position.</summary>
internal sealed class EventRing : IDisposable
{
    private const int BatchSize = 1024;
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);
    private readonly RingBufferMapping _mapping;
    private readonly string _name;
    private DatapathEvent[]? _drained;
    private int _readers;

    public EventRing(FileDescriptor map, string name)
    {
        var info = BpfObjectCalls.Info<BpfMapInfo>(map, $"map {name}");
        _name = name;
        _mapping = new RingBufferMapping(map, info.MaxEntries, name);
        map.Dispose(); // the mapping and epoll keep what they need
    }

    /// <summary>See <see cref="IDatapath.ReadEventsAsync"/>. A thread of its own, since it spends its life in epoll_wait.</summary>
    public Task ReadAsync(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _readers, 1) != 0)
        {
            throw new InvalidOperationException($"ring buffer {_name}: it is being read already; a ring has one reader");
        }

        return Task.Factory.StartNew(() => Read(onEvents, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>See <see cref="NodeDatapath.DrainEvents"/>.</summary>
    public void Drain(Action<ReadOnlySpan<DatapathEvent>> onEvents)
    {
        var batch = _drained ??= new DatapathEvent[BatchSize];
        while (ReadBatch(batch) is var count and > 0)
        {
            onEvents(batch.AsSpan(0, count));
        }
    }

    public void Dispose() => _mapping.Dispose();

    private void Read(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken)
    {
        try
        {
            var batch = new DatapathEvent[BatchSize];
            while (!cancellationToken.IsCancellationRequested)
            {
                var count = ReadBatch(batch);
                if (count > 0)
                {
                    onEvents(batch.AsSpan(0, count));
                }

                if (count < BatchSize)
                {
                    _mapping.Wait(_look);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _readers, 0);
        }
    }

    private int ReadBatch(DatapathEvent[] batch)
    {
        var count = _mapping.Read<DatapathEvent>(batch, out var foreign);
        return foreign == 0
            ? count
            : throw new KernelException($"ring buffer {_name}: {foreign} records are not of {nameof(DatapathEvent)}'s size; the loaded programs belong to another version");
    }
}
