using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>The pod is wanted, like this.</summary>
public sealed record ApplyPod(DesiredPod Pod) : EndpointCommand, ICommand<Done>;
