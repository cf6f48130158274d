using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

public sealed partial class InProcessEngine
{
    private async Task MaintainAsync()
    {
        using var timer = new PeriodicTimer(_options.Tick, _time);
        var compacted = _time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                try
                {
                    await ProbeJournalAsync().ConfigureAwait(false);
                    RetryWaiting();
                    PassivateIdle();
                    if (_time.GetElapsedTime(compacted) >= _options.CompactEvery)
                    {
                        compacted = _time.GetTimestamp();
                        await CompactAsync(_stopping.Token).ConfigureAwait(false);
                    }
                }
                catch (Exception failure) when (!_stopping.IsCancellationRequested)
                {
                    Log.MaintenanceFailed(_logger, failure);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The engine stops.
        }
    }

    /// <summary>Removes from journal and state log what the retention allows; failure is logged and left for the next time.</summary>
    internal async Task CompactAsync(CancellationToken cancellationToken)
    {
        try
        {
            _log.RemoveTombstones(_time.GetUtcNow() - _options.Retention.TombstoneAge);
            var rows = await _journal.CompactAsync(_options.Retention, cancellationToken).ConfigureAwait(false);
            Log.Compacted(_logger, rows);
            await ForgetEndedAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is JournalUnavailableException or JournalDamagedException)
        {
            Log.CompactionFailed(_logger, failure);
        }
    }

    private async Task ForgetEndedAsync(CancellationToken cancellationToken)
    {
        HashSet<EntityAddress> before;
        lock (_gate)
        {
            before = [.. _known];
        }
        await foreach (var entity in _journal.ListEntitiesAsync(null, cancellationToken).ConfigureAwait(false))
        {
            before.Remove(entity);
        }
        lock (_gate)
        {
            // What was written since the listing is in memory still: passivation runs in this same task.
            _known.ExceptWith(before.Where(entity => !_cells.ContainsKey(entity)));
        }
    }

    private async Task ProbeJournalAsync()
    {
        if (_journalFailure is null)
        {
            return;
        }
        try
        {
            await _journal.CommitAsync(new JournalCommit { FencingToken = _options.FencingToken }, _stopping.Token).ConfigureAwait(false);
            OnJournalTakes();
        }
        catch (Exception still) when (still is JournalUnavailableException or JournalConflictException)
        {
            _journalFailure = still.Message;
        }
    }

    /// <summary>Effects that were put back when the journal refused are nobody else's to send.</summary>
    private void RetryWaiting()
    {
        lock (_gate)
        {
            foreach (var cell in _cells.Values)
            {
                if (cell.Mailbox.Count > 0)
                {
                    Schedule(cell);
                }
            }
        }
        _wake.Writer.TryWrite(true);
    }

    private void PassivateIdle()
    {
        lock (_gate)
        {
            foreach (var (address, cell) in _cells)
            {
                if (cell.Mailbox.Count > 0 || cell.Scheduled || _time.GetElapsedTime(cell.LastUsed) < _options.IdleTime)
                {
                    continue;
                }
                cell.Image = null;
                if (cell.Failures == 0)
                {
                    _cells.Remove(address);  // removing the current entry keeps a Dictionary's enumerator valid
                }
            }
        }
    }
}
