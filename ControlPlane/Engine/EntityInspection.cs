using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>An entity as people see it.</summary>
/// <param name="Address">Kind and id.</param>
/// <param name="StateJson">The state as a JSON object.</param>
/// <param name="Sequence">Number of its last event.</param>
/// <param name="Revision">The newest state log revision among the records it publishes, 0 when it publishes none.</param>
/// <param name="MailboxDepth">Commands that wait.</param>
/// <param name="LastEventTime">Null when no event is kept.</param>
/// <param name="Failures">Commands that threw since the engine started.</param>
/// <param name="LastFailure">What the last of them threw, null when none did.</param>
/// <param name="Active">Whether the engine holds it in memory.</param>
public sealed record EntityInspection(
    EntityAddress Address,
    string StateJson,
    long Sequence,
    ulong Revision,
    int MailboxDepth,
    DateTimeOffset? LastEventTime,
    long Failures,
    string? LastFailure,
    bool Active);
