namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// Counters since the engine started, and whether the journal takes writes: <c>JournalFailure</c> says why it refuses them, null while it
/// does not.
/// </summary>
public sealed record EngineStatus(
    string? JournalFailure,
    long Commands,
    long Events,
    long Commits,
    long CommitFailures,
    long CommandFailures,
    int ActiveEntities,
    int WaitingCommands);
