using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>What is wanted of the pod, and what is in force; changes nothing.</summary>
public sealed record GetEndpoint : EndpointCommand, ICommand<EndpointState>;
