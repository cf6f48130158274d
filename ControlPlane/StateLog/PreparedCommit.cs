using Axoneme.Persistence;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.StateLog;

/// <summary>The next commit of the state log, as it is stored and as it is published once it is stored.</summary>
public sealed record PreparedCommit(Commit Commit, IReadOnlyList<StoredRecord> Stored, DateTimeOffset Time);
