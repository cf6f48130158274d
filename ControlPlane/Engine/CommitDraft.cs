using Axoneme.ControlPlane.StateLog;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// One group commit in the making: commands of many entities decided on states that are not durable yet. Nothing leaves it
/// before the journal has it: no state, no reply, no effect.
/// </summary>
internal sealed class CommitDraft(DateTimeOffset time)
{
    private readonly List<StoredEvent> _events = [];
    private readonly List<StoredSnapshot> _snapshots = [];
    private readonly List<RecordChange> _changes = [];
    private readonly List<IdentityClaim> _claims = [];
    private readonly List<(EntityCell Cell, EntityImage Image)> _images = [];
    private readonly List<(PendingCommand Command, object Reply)> _replies = [];
    private readonly List<(PendingCommand Command, Exception Failure)> _failures = [];
    private readonly List<Effect> _effects = [];

    public DateTimeOffset Time => time;

    public int EventCount => _events.Count;

    public IReadOnlyList<RecordChange> Changes => _changes;

    public IReadOnlyList<(EntityCell Cell, EntityImage Image)> Images => _images;

    public IReadOnlyList<(PendingCommand Command, object Reply)> Replies => _replies;

    public IReadOnlyList<(PendingCommand Command, Exception Failure)> Failures => _failures;

    public IReadOnlyList<Effect> Effects => _effects;

    /// <summary>Decides an entity's commands one after the other. Returns what the poisonous ones threw.</summary>
    public IReadOnlyList<Exception> Decide(EntityCell cell, EntityImage image, IReadOnlyList<PendingCommand> commands)
    {
        List<Exception> poison = [];
        var before = image.Sequence;
        foreach (var command in commands)
        {
            try
            {
                var step = cell.Kind.Step(cell.Address.Id, image.State, command.Command, time);
                image = Accept(cell, image, command, step);
            }
            catch (InvalidCommandException invalid)
            {
                _failures.Add((command, invalid));
            }
            catch (Exception thrown)
            {
                var failure = new EntityFailedException($"{cell.Address}: {command.Command.GetType().Name} failed: {thrown.Message}", thrown);
                poison.Add(thrown);
                _failures.Add((command, failure));
            }
        }
        if (image.Sequence != before)
        {
            _images.Add((cell, Snapshot(cell, image)));
        }
        return poison;
    }

    public JournalCommit ToCommit(PreparedCommit? records, long fencingToken) => new()
    {
        Events = _events,
        Snapshots = _snapshots,
        IdentityClaims = _claims,
        Records = records?.Stored ?? [],
        FencingToken = fencingToken,
    };

    private EntityImage Accept(EntityCell cell, EntityImage image, PendingCommand command, EntityStep step)
    {
        if (step.Refusal is not null)
        {
            _failures.Add((command, new CommandRefusedException($"{cell.Address}: {step.Refusal}")));
            return image;
        }
        var sequence = image.Sequence;
        foreach (var happened in step.Events)
        {
            _events.Add(new StoredEvent(cell.Address, ++sequence, happened.Type, happened.Payload, time));
        }
        _changes.AddRange(step.Changes);
        _claims.AddRange(step.Claims);
        _effects.AddRange(step.Effects);
        _replies.Add((command, step.Reply));
        return sequence == image.Sequence ? image : image with { State = step.After, Sequence = sequence, LastEventTime = time };
    }

    private EntityImage Snapshot(EntityCell cell, EntityImage image)
    {
        // An ended entity leaves an empty snapshot, by which compaction knows that it may be forgotten.
        var ended = cell.Kind.HasEnded(cell.Address.Id, image.State);
        if (!ended && image.Sequence - image.SnapshotSequence < cell.Kind.SnapshotEvery)
        {
            return image;
        }
        var payload = ended ? default : cell.Kind.Encode(image.State);
        _snapshots.Add(new StoredSnapshot(cell.Address, image.Sequence, payload, time));
        return image with { SnapshotSequence = image.Sequence };
    }
}
