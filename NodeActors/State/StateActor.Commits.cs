using System.Net;
using Axoneme.Datapath;
using Axoneme.NodeActors.Local;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.State;

/// <summary>How commits come in, and what happens when one cannot be taken.</summary>
internal sealed partial class StateActor
{
    /// <summary>
    /// Takes in a commit; writes nothing to the kernel. One that fails leaves no trace: the whole state is asked for again, and until it
    /// is there no later commit counts, for each builds on the lost one.
    /// </summary>
    private void Take(Commit commit, bool cache)
    {
        if (_lostCommit is not null && !commit.Snapshot)
        {
            return;
        }

        var begun = new List<RecordChange>();
        try
        {
            Take(commit, cache, begun);
            _lostCommit = null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _lostCommit = $"revision {commit.Revision} of the state log could not be taken in ({exception.Message}); the whole state was asked for again";
            _policyDirty = true;
            Log.CommitLost(Logger, commit.Revision, exception);
            _startOver();
            Undo(begun);
        }
    }

    /// <param name="commit">The commit.</param>
    /// <param name="cache">Whether the local journal is to hold it too.</param>
    /// <param name="begun">Gets the changes the policies have heard of, the one that fails included.</param>
    private void Take(Commit commit, bool cache, List<RecordChange> begun)
    {
        var (next, changes) = _state.Apply(commit);
        var ownPods = _endpoints.Values.Select(status => $"{status.Endpoint.Namespace}/{status.Endpoint.Pod}").ToHashSet();
        var cached = new List<LocalChange>();
        _policyDirty |= !_state.IsComplete;
        foreach (var change in changes)
        {
            begun.Add(change);
            var wasUnreadable = IsUnreadablePolicy(change);
            _policyDirty |= Policies.Apply(change);
            _policyDirty |= change.Kind == RecordKind.Pod && ownPods.Contains(change.Key);
            if (change.Kind == RecordKind.Ip && IPAddress.TryParse(change.Key, out var address))
            {
                _dirtyAddresses.Add(address);
            }

            _nodesDirty |= change.Kind == RecordKind.Node;
            _policyDirty |= change.Kind == RecordKind.Node;
            _dirtyAddresses.UnionWith(NodeState.Addresses(change.Old?.Node).Concat(NodeState.Addresses(change.New?.Node)));
            _dirtyAddresses.UnionWith(NodeState.HealthAddressesOf(change.Old?.Node).Concat(NodeState.HealthAddressesOf(change.New?.Node)));
            var isUnreadable = IsUnreadablePolicy(change);
            if (!isUnreadable)
            {
                cached.Add(new LocalChange($"{LocalStore.Kinds.State}{change.Kind}", change.Key, change.New));
            }

            if (isUnreadable || wasUnreadable)
            {
                // Beside the last version that can be read: that one is in force, and must be after a restart.
                cached.Add(new LocalChange(LocalStore.Kinds.UnreadablePolicy, change.Key, isUnreadable ? change.New : null));
            }
        }

        ForServices(changes);
        _state = next;
        TakeNodes(changes);
        if (cache)
        {
            cached.Add(new LocalChange(LocalStore.Kinds.Cursor, "state", new StateCursor { Epoch = commit.Epoch, Revision = commit.Revision }));
            _store.Enqueue(cached);
        }
    }

    private bool IsUnreadablePolicy(RecordChange change) => change.Kind == RecordKind.Policy && Policies.Problems.ContainsKey(change.Key);

    /// <summary>The policies go back to what the state says, so that the snapshot's differences from it are right for them too.</summary>
    private void Undo(List<RecordChange> begun)
    {
        for (var i = begun.Count - 1; i >= 0; i--)
        {
            Policies.Apply(begun[i] with { Old = begun[i].New, New = begun[i].Old });
        }
    }

    /// <summary>Compares the maps with what they should hold: once the state is whole, and whenever it is due. A map that cannot be read is read again later.</summary>
    private void Compare()
    {
        if (!_state.IsComplete || _compared && !_compareDue)
        {
            return;
        }

        try
        {
            _maps.Compare(countsAsDrift: _compared);
            (_compared, _compareDue, _compareProblem) = (true, false, null);
        }
        catch (KernelException exception)
        {
            (_compareDue, _compareProblem) = (true, $"the kernel's maps cannot be compared with what they should hold: {exception.Message}");
            Log.NotCompared(Logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(21, LogLevel.Error, "Revision {Revision} of the state log could not be taken in; the whole state is asked for again", EventName = "CommitLost")]
        public static partial void CommitLost(ILogger logger, ulong revision, Exception exception);

        [LoggerMessage(22, LogLevel.Warning, "The kernel's maps could not be compared with what they should hold, which will be tried again", EventName = "MapsNotCompared")]
        public static partial void NotCompared(ILogger logger, Exception exception);
    }
}
