using System.Text.Json;

namespace Axoneme.ControlPlane.Admin;

/// <summary>
/// One entity; see <see cref="Engine.EntityInspection"/> for what the members mean. Warnings: what of a policy is not enforced as it is written.
/// </summary>
public sealed record ActorView(
    string Kind,
    string Id,
    JsonElement State,
    long Sequence,
    ulong Revision,
    int MailboxDepth,
    DateTimeOffset? LastEventTime,
    long Failures,
    string? LastFailure,
    bool Active,
    IReadOnlyList<string>? Warnings);
