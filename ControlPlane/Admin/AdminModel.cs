using System.Text.Json;

namespace Axoneme.ControlPlane.Admin;

/// <summary>An error, and what to do about it.</summary>
public sealed record AdminError(string Error, string Fix);

public sealed record ActorKindView(string Kind, int Count);

public sealed record ActorKindsView(IReadOnlyList<ActorKindView> Kinds);

public sealed record ActorListView(string Kind, IReadOnlyList<string> Ids);

/// <summary>One entity; see <see cref="Engine.EntityInspection"/> for what the members mean.</summary>
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
    bool Active);

public sealed record StateRecordView(string Key, ulong Revision, JsonElement Value);

public sealed record StateView(string Kind, ulong Epoch, ulong Revision, IReadOnlyList<StateRecordView> Records);

public sealed record ManifestErrorView(string File, int Document, int? Line, string? Field, string Message);

public sealed record ManifestsView(
    long Version, IReadOnlyDictionary<string, int> Accepted, bool Waiting, IReadOnlyList<ManifestErrorView> Errors);

/// <summary>A registered node and what it enforces; nulls before its first acknowledgement to this process.</summary>
public sealed record NodeView(string Name, IReadOnlyList<string> Addresses, IReadOnlyList<string> PodCidrs, ulong? AppliedRevision, ulong? Behind, DateTimeOffset? AppliedTime);

public sealed record NodesView(ulong Revision, IReadOnlyList<NodeView> Nodes);

public sealed record HealthView(string Status, string? Reason, ulong Revision, ulong Epoch);
