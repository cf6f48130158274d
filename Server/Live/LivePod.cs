namespace Axoneme.Server.Live;

/// <summary>A pod as the view shows it: what the runtime made of it and what the agent knows of it.</summary>
internal sealed record LivePod(string Name, string Ipv4, string Ipv6, uint? Identity, string Policy, string State, string? Problem);
