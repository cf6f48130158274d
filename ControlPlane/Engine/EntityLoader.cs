using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>Recovers an entity: its newest snapshot, then the events after it.</summary>
internal static class EntityLoader
{
    /// <exception cref="EntityFailedException">Its history cannot be read back into a state.</exception>
    public static async Task<EntityImage> LoadAsync(
        IJournal journal, IEntityKind kind, EntityAddress entity, CancellationToken cancellationToken)
    {
        var snapshot = await journal.LoadSnapshotAsync(entity, cancellationToken).ConfigureAwait(false);
        var image = snapshot is null
            ? new EntityImage(kind.Initial(entity.Id), 0, 0, null)
            : Guarded(entity, snapshot.Sequence, () =>
                new EntityImage(kind.Decode(entity.Id, snapshot.Payload.Span), snapshot.Sequence, snapshot.Sequence, snapshot.Time));
        await foreach (var stored in journal.ReadEventsAsync(entity, image.Sequence, cancellationToken).ConfigureAwait(false))
        {
            // An entity that ended and was forgotten starts over at any number; after that there are no gaps.
            if (stored.Sequence != image.Sequence + 1 && image.Sequence != 0)
            {
                throw new EntityFailedException($"{entity}: event {image.Sequence + 1} is missing from the journal; restore a backup");
            }
            image = Guarded(entity, stored.Sequence, () => image with
            {
                State = kind.Apply(image.State, stored.Payload.Span),
                Sequence = stored.Sequence,
                LastEventTime = stored.Time,
            });
        }
        return image;
    }

    private static EntityImage Guarded(EntityAddress entity, long sequence, Func<EntityImage> recover)
    {
        try
        {
            return recover();
        }
        catch (Exception failure)
        {
            throw new EntityFailedException(
                $"{entity}: cannot be recovered at event {sequence}: {failure.Message}; restore a backup or run the program version that wrote it", failure);
        }
    }
}
