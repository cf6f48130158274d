using Axoneme.ControlPlane.StateLog;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

public sealed partial class InProcessEngine
{
    /// <summary>Commands taken from one mailbox.</summary>
    private readonly record struct Delivery(EntityCell Cell, List<PendingCommand> Commands);

    private async Task WriteAsync()
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync(_stopping.Token).ConfigureAwait(false))
            {
                _wake.Reader.TryRead(out _);
                while (!_stopping.IsCancellationRequested && TakeReady() is { Count: > 0 } deliveries)
                {
                    await ProcessAsync(deliveries).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The engine stops between two commits.
        }
    }

    private List<Delivery> TakeReady()
    {
        var deliveries = new List<Delivery>();
        var room = _options.MaxBatch;
        lock (_gate)
        {
            while (room > 0 && _ready.TryDequeue(out var cell))
            {
                var commands = new List<PendingCommand>(Math.Min(room, cell.Mailbox.Count));
                while (room > 0 && cell.Mailbox.First is { } first)
                {
                    cell.Mailbox.RemoveFirst();
                    commands.Add(first.Value);
                    room--;
                }
                cell.Scheduled = false;
                if (cell.Mailbox.Count > 0)
                {
                    Schedule(cell);
                }
                cell.LastUsed = _time.GetTimestamp();
                deliveries.Add(new Delivery(cell, commands));
            }
        }
        return deliveries;
    }

    private async Task ProcessAsync(List<Delivery> deliveries)
    {
        var draft = new CommitDraft(_time.GetUtcNow());
        var decided = new List<Delivery>(deliveries.Count);
        foreach (var delivery in deliveries)
        {
            if (await RecoverAsync(delivery).ConfigureAwait(false) is { } image)
            {
                decided.Add(delivery);
                foreach (var poison in draft.Decide(delivery.Cell, image, delivery.Commands))
                {
                    NoteFailure(delivery.Cell, poison);
                }
            }
        }
        await CommitAsync(draft, decided).ConfigureAwait(false);
    }

    private async Task<EntityImage?> RecoverAsync(Delivery delivery)
    {
        var cell = delivery.Cell;
        if (cell.Image is { } image)
        {
            return image;
        }
        bool known;
        lock (_gate)
        {
            known = _known.Contains(cell.Address);
        }
        try
        {
            image = known
                ? await EntityLoader.LoadAsync(_journal, cell.Kind, cell.Address, CancellationToken.None).ConfigureAwait(false)
                : new EntityImage(cell.Kind.Initial(cell.Address.Id), 0, 0, null);
            lock (_gate)
            {
                cell.Image = image;
            }
            return image;
        }
        catch (EntityFailedException failure)
        {
            NoteFailure(cell, failure);
            FailAll(delivery, failure);
            return null;
        }
        catch (Exception unreadable)
        {
            GiveBack(delivery, unreadable);
            return null;
        }
    }

    private async Task CommitAsync(CommitDraft draft, List<Delivery> deliveries)
    {
        var records = _log.Prepare(draft.Changes, draft.Time);
        if (draft.EventCount == 0 && records is null)
        {
            _counters.AddCommands(draft.Replies.Count);
            Release(draft, records);
            return;
        }
        try
        {
            await _journal.CommitAsync(draft.ToCommit(records, _options.FencingToken), CancellationToken.None).ConfigureAwait(false);
        }
        catch (JournalConflictException conflict)
        {
            _counters.AddCommitFailure();
            await OnConflictAsync(deliveries, conflict).ConfigureAwait(false);
            return;
        }
        catch (Exception refused)
        {
            _counters.AddCommitFailure();
            OnJournalRefuses(refused);
            foreach (var delivery in deliveries)
            {
                GiveBack(delivery, refused);
            }
            return;
        }
        OnJournalTakes();
        _counters.AddCommit(draft.Replies.Count, draft.EventCount);
        Release(draft, records);
    }

    /// <summary>Lets out what the journal now holds: states, then records, then effects, then who changed, then replies.</summary>
    private void Release(CommitDraft draft, PreparedCommit? records)
    {
        lock (_gate)
        {
            foreach (var (cell, image) in draft.Images)
            {
                cell.Image = image;
                _known.Add(cell.Address);
            }
        }
        if (records is not null)
        {
            _log.Publish(records);
        }
        SendEffects(draft.Effects);
        foreach (var (cell, _) in draft.Images)
        {
            Changed?.Invoke(cell.Address);
        }
        foreach (var (command, failure) in draft.Failures)
        {
            command.Fail(failure);
        }
        foreach (var (command, reply) in draft.Replies)
        {
            command.Complete(reply);
        }
    }

    private async Task OnConflictAsync(List<Delivery> deliveries, JournalConflictException conflict)
    {
        // One entity's conflict must not fail those that shared its commit: each is recovered and tried alone.
        if (deliveries.Count > 1)
        {
            Log.CommitRefused(_logger, conflict, deliveries.Count);
            foreach (var delivery in deliveries)
            {
                Forget(delivery.Cell);
                await ProcessAsync([delivery]).ConfigureAwait(false);
            }
            return;
        }
        foreach (var delivery in deliveries)
        {
            NoteFailure(delivery.Cell, conflict);
            Forget(delivery.Cell);
            FailAll(delivery, conflict);
        }
    }

    /// <summary>The journal could not be used: askers get the reason, effects go back to the head of the mailbox and wait for the next tick.</summary>
    private void GiveBack(Delivery delivery, Exception reason)
    {
        Forget(delivery.Cell);
        lock (_gate)
        {
            for (var i = delivery.Commands.Count - 1; i >= 0; i--)
            {
                if (delivery.Commands[i].IsEffect)
                {
                    delivery.Cell.Mailbox.AddFirst(delivery.Commands[i]);
                }
            }
        }
        foreach (var command in delivery.Commands.Where(command => !command.IsEffect))
        {
            command.Fail(reason);
        }
    }

    private static void FailAll(Delivery delivery, Exception failure)
    {
        foreach (var command in delivery.Commands)
        {
            command.Fail(failure);
        }
    }

    private void Forget(EntityCell cell)
    {
        lock (_gate)
        {
            cell.Image = null;
            _known.Add(cell.Address);  // a refused commit may still have reached the disk: read before deciding again
        }
    }

    private void OnJournalRefuses(Exception reason)
    {
        if (_journalFailure is null)
        {
            Log.JournalRefuses(_logger, reason.Message);
        }
        _journalFailure = reason.Message;
    }

    private void OnJournalTakes()
    {
        if (_journalFailure is not null)
        {
            _journalFailure = null;
            Log.JournalRecovered(_logger);
        }
    }
}
