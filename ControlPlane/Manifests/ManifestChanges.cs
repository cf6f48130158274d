using Axoneme.ControlPlane.Engine;
using Axoneme.Kubernetes;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>Commands under way, sent together so that they share commits, and what became of them.</summary>
internal sealed class ManifestChanges(IEntityEngine engine)
{
    private readonly List<(string Source, Task<Done> Reply, Action Stored)> _asked = [];
    private readonly List<ManifestError> _errors = [];

    public IReadOnlyList<ManifestError> Errors => _errors;

    public int Stored { get; private set; }

    /// <summary>Some commands failed for a reason that passes.</summary>
    public bool Waiting { get; private set; }

    public void Ask(EntityAddress entity, ICommand<Done> command, string source, Action stored, CancellationToken cancellationToken) =>
        _asked.Add((source, engine.AskAsync(entity, command, cancellationToken), stored));

    public async Task FinishAsync()
    {
        foreach (var (source, reply, stored) in _asked)
        {
            try
            {
                await reply.ConfigureAwait(false);
                stored();
                Stored++;
            }
            catch (Exception refused) when (refused is CommandRefusedException or EntityFailedException)
            {
                AddError(source, refused.Message);
            }
            catch (Exception unavailable) when (IsPassing(unavailable))
            {
                AddWaiting(source, unavailable);
            }
        }
        _asked.Clear();
    }

    /// <summary>An answer that is needed before anything else can be asked; null when there was none, which the errors say.</summary>
    public async Task<TReply?> AskNowAsync<TReply>(EntityAddress entity, ICommand<TReply> command, string source, CancellationToken cancellationToken)
        where TReply : class
    {
        try
        {
            return await engine.AskAsync(entity, command, cancellationToken).ConfigureAwait(false);
        }
        catch (EntityFailedException failed)
        {
            AddError(source, failed.Message);
        }
        catch (Exception unavailable) when (IsPassing(unavailable))
        {
            AddWaiting(source, unavailable);
        }
        return null;
    }

    private static bool IsPassing(Exception failure) => failure is JournalUnavailableException or JournalConflictException or MailboxFullException;

    private void AddWaiting(string source, Exception unavailable)
    {
        Waiting = true;
        AddError(source, $"not stored yet, it is tried again: {unavailable.Message}");
    }

    private void AddError(string source, string message)
    {
        var document = int.TryParse(source[(source.LastIndexOf('#') + 1)..], out var index) ? index : 0;
        _errors.Add(new ManifestError(ManifestSource.FileOf(source) ?? source, document, null, null, message));
    }
}
