using System.Threading.Channels;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Persistence;
using Microsoft.Extensions.Logging;

namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// The embedded engine: one writer loop takes whatever commands are ready in all mailboxes, decides them on states that are not
/// durable yet, and makes one journal commit of it all. Only then are states, records, replies and effects let out. When
/// the journal refuses, nothing is: the askers get the reason, the entities their last durable state, effects wait.
/// </summary>
public sealed partial class InProcessEngine : IEntityEngine, IAsyncDisposable
{
    private readonly IJournal _journal;
    private readonly RevisionLog _log;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<InProcessEngine> _logger;
    private readonly Dictionary<string, IEntityKind> _kinds;
    private readonly Dictionary<EntityAddress, EntityCell> _cells = [];
    private readonly HashSet<EntityAddress> _known = [];  // entities with a history: the others need no reading
    private readonly Queue<EntityCell> _ready = [];
    private readonly Lock _gate = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly EngineCounters _counters = new();
    private Task _running = Task.CompletedTask;
    private bool _stopped;
    private volatile string? _journalFailure;

    private InProcessEngine(
        IJournal journal, RevisionLog log, IEnumerable<IEntityKind> kinds, EngineOptions options, TimeProvider time, ILogger<InProcessEngine> logger)
    {
        _journal = journal;
        _log = log;
        _options = options;
        _time = time;
        _logger = logger;
        _kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);
    }

    /// <summary>Recovers what may have effects outstanding, sends those, and starts to take commands.</summary>
    /// <exception cref="JournalUnavailableException">The journal cannot be read.</exception>
    public static async Task<InProcessEngine> StartAsync(
        IJournal journal,
        RevisionLog log,
        IEnumerable<IEntityKind> kinds,
        EngineOptions options,
        TimeProvider time,
        ILogger<InProcessEngine> logger,
        CancellationToken cancellationToken)
    {
        var engine = new InProcessEngine(journal, log, kinds, options, time, logger);
        await engine.RecoverAsync(cancellationToken).ConfigureAwait(false);
        Task[] loops = [Task.Run(engine.WriteAsync, CancellationToken.None), Task.Run(engine.MaintainAsync, CancellationToken.None)];
        engine._running = Task.WhenAll(loops);
        engine.Completion = Task.WhenAny(loops).Unwrap();
        return engine;
    }

    /// <summary>Ends when the engine stops; faulted when it failed, and then nothing is stored any more.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public IReadOnlyCollection<string> Kinds => _kinds.Keys;

    public EngineStatus Status
    {
        get
        {
            lock (_gate)
            {
                return _counters.ToStatus(_journalFailure, _cells.Count, _cells.Values.Sum(cell => cell.Mailbox.Count));
            }
        }
    }

    public event Action<EntityAddress>? Changed;

    public Task<TReply> AskAsync<TReply>(EntityAddress entity, ICommand<TReply> command, CancellationToken cancellationToken)
        where TReply : class
    {
        var asked = new AskedCommand<TReply>(command);
        try
        {
            Post(entity, asked);
        }
        catch (Exception refused)
        {
            return Task.FromException<TReply>(refused);
        }
        return asked.Reply.WaitAsync(cancellationToken);
    }

    public void Tell(EntityAddress entity, ICommand command) =>
        Post(entity, new ToldCommand(command, isEffect: false, failure => Log.TellFailed(_logger, failure, entity, command.GetType().Name)));

    public IReadOnlyList<EntityAddress> List(string kind)
    {
        FindKind(kind);
        lock (_gate)
        {
            return [.. _known.Where(entity => entity.Kind == kind).OrderBy(entity => entity.Id, StringComparer.Ordinal)];
        }
    }

    public async Task<EntityInspection?> InspectAsync(EntityAddress entity, CancellationToken cancellationToken)
    {
        var kind = FindKind(entity.Kind);
        EntityImage? image;
        (int Depth, long Failures, string? LastFailure) seen = default;
        lock (_gate)
        {
            if (!_known.Contains(entity) && !_cells.ContainsKey(entity))
            {
                return null;
            }
            _cells.TryGetValue(entity, out var cell);
            image = cell?.Image;
            if (cell is not null)
            {
                seen = (cell.Mailbox.Count, cell.Failures, cell.LastFailure);
            }
        }
        var active = image is not null;
        image ??= await EntityLoader.LoadAsync(_journal, kind, entity, cancellationToken).ConfigureAwait(false);
        var revision = kind.Published(entity.Id, image.State).Max(record => _log.Find(record.Kind, record.Key)?.Revision) ?? 0;
        return new EntityInspection(
            entity, kind.Describe(image.State), image.Sequence, revision, seen.Depth, image.LastEventTime, seen.Failures, seen.LastFailure, active);
    }

    /// <summary>Finishes the commit under way and fails what waits; writes nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }
            _stopped = true;
        }
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);  // Completion tells of a failure
        lock (_gate)
        {
            foreach (var waiting in _cells.Values.SelectMany(cell => cell.Mailbox).Where(command => !command.IsEffect))
            {
                waiting.Fail(new EngineStoppedException("the control plane is stopping; ask again when it is back"));
            }
            _cells.Clear();
        }
        _stopping.Dispose();
    }

    private IEntityKind FindKind(string kind) => _kinds.TryGetValue(kind, out var found)
        ? found
        : throw new UnknownEntityKindException($"no entity kind \"{kind}\"; there are {string.Join(", ", _kinds.Keys.Order(StringComparer.Ordinal))}");

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        await foreach (var entity in _journal.ListEntitiesAsync(null, cancellationToken).ConfigureAwait(false))
        {
            _known.Add(entity);
        }
        foreach (var entity in _known.Where(e => _kinds.TryGetValue(e.Kind, out var kind) && kind.RecoversAtStart).ToArray())
        {
            var cell = CellOf(entity);
            try
            {
                cell.Image = await EntityLoader.LoadAsync(_journal, cell.Kind, entity, cancellationToken).ConfigureAwait(false);
                cell.LastUsed = _time.GetTimestamp();
                SendEffects(cell.Kind.OnRecovered(entity.Id, cell.Image.State));
            }
            catch (EntityFailedException failure)
            {
                // The others live on; this one says what is wrong whenever it is asked.
                NoteFailure(cell, failure);
            }
        }
    }

    private void Post(EntityAddress entity, PendingCommand command)
    {
        FindKind(entity.Kind);
        lock (_gate)
        {
            if (_stopped)
            {
                throw new EngineStoppedException("the control plane is stopping; ask again when it is back");
            }
            var cell = CellOf(entity);
            if (!command.IsEffect && cell.Mailbox.Count >= _options.MailboxCapacity)
            {
                throw new MailboxFullException(
                    $"{entity}: {cell.Mailbox.Count} commands wait already, as many as its mailbox holds; send fewer at a time, or look at /healthz whether the journal takes writes");
            }
            cell.Mailbox.AddLast(command);
            Schedule(cell);
        }
        _wake.Writer.TryWrite(true);
    }

    private void SendEffects(IEnumerable<Effect> effects)
    {
        foreach (var effect in effects)
        {
            lock (_gate)
            {
                var cell = CellOf(effect.To);
                var failed = (Exception failure) => Log.EffectFailed(_logger, failure, effect.To, effect.Command.GetType().Name);
                cell.Mailbox.AddLast(new ToldCommand(effect.Command, isEffect: true, failed));
                Schedule(cell);
            }
            _wake.Writer.TryWrite(true);
        }
    }

    private EntityCell CellOf(EntityAddress entity)
    {
        if (!_cells.TryGetValue(entity, out var cell))
        {
            _cells[entity] = cell = new EntityCell(entity, FindKind(entity.Kind));
        }
        return cell;
    }

    private void Schedule(EntityCell cell)
    {
        if (!cell.Scheduled)
        {
            cell.Scheduled = true;
            _ready.Enqueue(cell);
        }
    }

    private void NoteFailure(EntityCell cell, Exception failure)
    {
        lock (_gate)
        {
            cell.Failures++;
            cell.LastFailure = failure.Message;
        }
        _counters.AddCommandFailure();
        Log.CommandFailed(_logger, failure, cell.Address);
    }
}
