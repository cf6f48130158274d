using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Axoneme.Wire;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.StateLog;

/// <summary>
/// The state log for readers in this process. A subscriber holds a cursor and nothing else: a slow one costs no memory, it
/// reads on from the log's recent commits or, left behind by those, from its records.
/// </summary>
public sealed class InProcessStateStream(RevisionLog log, TimeProvider time) : IStateStream
{
    private readonly ConcurrentDictionary<string, NodeProgress> _progress = new(StringComparer.Ordinal);

    /// <summary>What nodes acknowledged since this process started, by node name.</summary>
    public IReadOnlyList<NodeProgress> Progress => [.. _progress.Values.OrderBy(p => p.Node, StringComparer.Ordinal)];

    public async IAsyncEnumerable<Commit> SubscribeAsync(Cursor cursor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var at = cursor.Clone();
        var fromBeginning = at.Revision == 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var delta = log.ReadAfter(at, fromBeginning);
            fromBeginning = false;
            foreach (var commit in delta.Commits)
            {
                (at.Epoch, at.Revision) = (commit.Epoch, commit.Revision);
                yield return commit;
            }
            await delta.Published.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="ArgumentException">The statement names no node, or a revision that was never published.</exception>
    public ValueTask AcknowledgeAsync(AppliedRevision applied, CancellationToken cancellationToken)
    {
        if (applied.Node.Length == 0)
        {
            throw new ArgumentException("the acknowledgement names no node; set its node field", nameof(applied));
        }
        var current = applied.Epoch == log.Epoch;
        if (current && applied.Revision > log.Head)
        {
            throw new ArgumentException(
                $"node {applied.Node} acknowledges revision {applied.Revision}, but {log.Head} is the newest; acknowledge what was received", nameof(applied));
        }
        _progress[applied.Node] = new NodeProgress(applied.Node, applied.Epoch, applied.Revision, time.GetUtcNow(), current);
        return ValueTask.CompletedTask;
    }
}
