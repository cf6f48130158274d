using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Persistence;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.ControlPlane.Tests.Engine;

/// <summary>An engine on a journal; crashing it is stopping it wherever it is and starting another on the same journal.</summary>
internal sealed class EngineFixture : IAsyncDisposable
{
    private readonly Func<IJournal> _openJournal;
    private readonly Func<IEntityKind[]> _kinds;
    private readonly EngineOptions _options;
    private IJournal _journal = null!;

    private EngineFixture(Func<IJournal> openJournal, Func<IEntityKind[]> kinds, EngineOptions options, TestTime time)
    {
        _openJournal = openJournal;
        _kinds = kinds;
        _options = options;
        Time = time;
    }

    public TestTime Time { get; }

    public InProcessEngine Engine { get; private set; } = null!;

    public RevisionLog Log { get; private set; } = null!;

    public static async Task<EngineFixture> StartAsync(
        Func<IJournal> openJournal, TestTime time, EngineOptions? options = null, params IEntityKind[] kinds)
    {
        var fixture = new EngineFixture(
            openJournal, () => kinds.Length > 0 ? kinds : [new Counter()], options ?? new EngineOptions { Tick = TimeSpan.FromMilliseconds(20) }, time);
        await fixture.StartAsync();
        return fixture;
    }

    public async Task CrashAndRestartAsync()
    {
        await Engine.DisposeAsync();
        await _journal.DisposeAsync();
        await StartAsync();
    }

    public Task<TReply> AskAsync<TReply>(EntityAddress entity, ICommand<TReply> command)
        where TReply : class => Engine.AskAsync(entity, command, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await _journal.DisposeAsync();
    }

    private async Task StartAsync()
    {
        _journal = _openJournal();
        Log = await RevisionLog.LoadAsync(_journal, RevisionLogOptions.Default, CancellationToken.None);
        Engine = await InProcessEngine.StartAsync(
            _journal, Log, _kinds(), _options, Time, NullLogger<InProcessEngine>.Instance, CancellationToken.None);
    }
}
