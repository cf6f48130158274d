using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Axoneme.Wire;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>A control plane as a node sees it: hands out what a test publishes, remembers what the node says, and goes away on request.</summary>
internal sealed class FakeControlPlane : IStateStream, INodeReports
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(RecordKind, string), Record> _records = [];
    private readonly List<Channel<Commit>> _subscribers = [];
    private ulong _revision;
    private volatile bool _away;

    public ulong Epoch { get; set; } = 7;

    /// <summary>A pod whose reports are refused.</summary>
    public string? RefusedPod { get; set; }

    public ConcurrentQueue<Cursor> Subscriptions { get; } = new();

    public ConcurrentQueue<AppliedRevision> Acknowledged { get; } = new();

    public ConcurrentQueue<EndpointReport> Reports { get; } = new();

    public ConcurrentQueue<NodeRegistration> Registrations { get; } = new();

    public ulong Revision
    {
        get
        {
            lock (_lock)
            {
                return _revision;
            }
        }
    }

    /// <summary>Publishes records as one commit. Records marked deleted are tombstones.</summary>
    public ulong Publish(params Record[] records) => Publish(_ => { }, records);

    /// <summary>As <see cref="Publish(Record[])"/>, but what goes over the line now holds a record without its value; snapshots are whole.</summary>
    public ulong PublishDamaged(params Record[] records) =>
        Publish(commit => commit.Records.Add(new Record { Kind = RecordKind.Identity, Key = "999" }), records);

    private ulong Publish(Action<Commit> damage, Record[] records)
    {
        lock (_lock)
        {
            _revision++;
            foreach (var record in records)
            {
                record.Revision = _revision;
                if (record.Deleted)
                {
                    _records.Remove((record.Kind, record.Key));
                }
                else
                {
                    _records[(record.Kind, record.Key)] = record;
                }
            }

            var commit = new Commit { Epoch = Epoch, Revision = _revision, Records = { records } };
            damage(commit);
            _subscribers.ForEach(subscriber => subscriber.Writer.TryWrite(commit.Clone()));
            return _revision;
        }
    }

    /// <summary>Cuts every connection; until <see cref="ComeBack"/> nothing works.</summary>
    public void GoAway()
    {
        lock (_lock)
        {
            _away = true;
            _subscribers.ForEach(subscriber => subscriber.Writer.TryComplete(new IOException("connection reset")));
            _subscribers.Clear();
        }
    }

    public void ComeBack() => _away = false;

    public async IAsyncEnumerable<Commit> SubscribeAsync(Cursor cursor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfAway();
        var channel = Channel.CreateUnbounded<Commit>();
        lock (_lock)
        {
            Subscriptions.Enqueue(cursor);
            if (cursor.Epoch != Epoch)
            {
                channel.Writer.TryWrite(new Commit { Epoch = Epoch, Revision = _revision, Snapshot = true, Records = { _records.Values.Select(r => r.Clone()) } });
            }
            else if (cursor.Revision < _revision)
            {
                // Deltas folded into one commit; tombstones are not kept here, so tests of deletions use the live stream.
                channel.Writer.TryWrite(new Commit { Epoch = Epoch, Revision = _revision, Records = { _records.Values.Where(r => r.Revision > cursor.Revision).Select(r => r.Clone()) } });
            }

            _subscribers.Add(channel);
        }

        await foreach (var commit in channel.Reader.ReadAllAsync(cancellationToken))
        {
            yield return commit;
        }
    }

    public ValueTask AcknowledgeAsync(AppliedRevision applied, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        Acknowledged.Enqueue(applied);
        return ValueTask.CompletedTask;
    }

    public Task RegisterNodeAsync(NodeRegistration registration, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        Registrations.Enqueue(registration);
        return Task.CompletedTask;
    }

    public Task ReportEndpointAsync(EndpointReport report, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (report.Pod == RefusedPod)
        {
            throw new InvalidOperationException($"{report.Pod} is refused");
        }

        Reports.Enqueue(report);
        return Task.CompletedTask;
    }

    private void ThrowIfAway()
    {
        if (_away)
        {
            throw new IOException("connection refused");
        }
    }
}
