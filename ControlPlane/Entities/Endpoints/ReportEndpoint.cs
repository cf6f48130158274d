using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Node;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>A node's statement about the pod's endpoint.</summary>
public sealed record ReportEndpoint(EndpointReport Report) : EndpointCommand, ICommand<Done>;
