using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;
using Axoneme.Wire.Node;

namespace Axoneme.ControlPlane.Entities.Endpoints;

public abstract record EndpointCommand : ICommand;

/// <summary>The pod is wanted, like this.</summary>
public sealed record ApplyPod(DesiredPod Pod) : EndpointCommand, ICommand<Done>;

/// <summary>The pod is wanted no more.</summary>
public sealed record RemovePod : EndpointCommand, ICommand<Done>;

/// <summary>A node's statement about the pod's endpoint.</summary>
public sealed record ReportEndpoint(EndpointReport Report) : EndpointCommand, ICommand<Done>;

/// <summary>What is wanted of the pod, and what is in force; changes nothing.</summary>
public sealed record GetEndpoint : EndpointCommand, ICommand<EndpointState>;

/// <summary>A shard's answer: the label set's number.</summary>
public sealed record IdentityAssigned(IReadOnlyList<string> Labels, uint Number) : EndpointCommand, ICommand<Done>;

/// <summary>A shard's answer: no number is left.</summary>
public sealed record IdentityRefused(IReadOnlyList<string> Labels, string Reason) : EndpointCommand, ICommand<Done>;

/// <summary>A shard's answer: this endpoint is no longer counted as a holder.</summary>
public sealed record IdentityReleased(IReadOnlyList<string> Labels) : EndpointCommand, ICommand<Done>;
