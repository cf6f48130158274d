namespace Axoneme.ControlPlane.Admin;

/// <summary>A registered node and what it enforces; nulls before its first acknowledgement to this process.</summary>
public sealed record NodeView(string Name, IReadOnlyList<string> Addresses, IReadOnlyList<string> PodCidrs, ulong? AppliedRevision, ulong? Behind, DateTimeOffset? AppliedTime);
