namespace Axoneme.ControlPlane.Engine;

/// <summary>What the engine counts; written by its loop, read by anyone.</summary>
internal sealed class EngineCounters
{
    private long _commands;
    private long _events;
    private long _commits;
    private long _commitFailures;
    private long _commandFailures;

    public void AddCommit(int commands, int events)
    {
        Interlocked.Add(ref _commands, commands);
        Interlocked.Add(ref _events, events);
        Interlocked.Increment(ref _commits);
    }

    public void AddCommands(int commands) => Interlocked.Add(ref _commands, commands);

    public void AddCommitFailure() => Interlocked.Increment(ref _commitFailures);

    public void AddCommandFailure() => Interlocked.Increment(ref _commandFailures);

    public EngineStatus ToStatus(string? journalFailure, int active, int waiting) => new(
        journalFailure,
        Interlocked.Read(ref _commands),
        Interlocked.Read(ref _events),
        Interlocked.Read(ref _commits),
        Interlocked.Read(ref _commitFailures),
        Interlocked.Read(ref _commandFailures),
        active,
        waiting);
}
