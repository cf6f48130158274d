using Axoneme.Wire.Node;
using Axoneme.Wire.State;

namespace Axoneme.Wire;

/// <summary>
/// A reader's side of the state log: the one way nodes (and later other clusters) learn what the control plane decided.
/// Implemented in process by the state log and, across processes, by the gRPC stream.
/// </summary>
public interface IStateStream
{
    /// <summary>
    /// Delivers every commit after <paramref name="cursor"/>, in revision order, each whole, then waits for more.
    /// When the cursor is of another epoch or older than the tombstone horizon the first commit is a snapshot
    /// (<see cref="Commit.Snapshot"/>) holding every live record; the receiver diffs it against what it holds.
    /// </summary>
    /// <returns>An endless sequence; it ends only by <paramref name="cancellationToken"/> or by an exception (reconnect and resume).</returns>
    IAsyncEnumerable<Commit> SubscribeAsync(Cursor cursor, CancellationToken cancellationToken);

    /// <summary>Tells the control plane that everything up to a revision is enforced in this node's kernel.</summary>
    ValueTask AcknowledgeAsync(AppliedRevision applied, CancellationToken cancellationToken);
}
