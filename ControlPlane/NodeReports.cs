using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Nodes;
using Axoneme.Wire;
using Axoneme.Wire.Node;

namespace Axoneme.ControlPlane;

/// <summary>Takes nodes' statements to the entities they are about. Refusals come back as <see cref="CommandRefusedException"/>.</summary>
public sealed class NodeReports(IEntityEngine engine) : INodeReports
{
    public Task RegisterNodeAsync(NodeRegistration registration, CancellationToken cancellationToken) =>
        engine.AskAsync(NodeKind.AddressOf(registration.Name), new RegisterNode(registration), cancellationToken);

    public Task ReportEndpointAsync(EndpointReport report, CancellationToken cancellationToken) =>
        engine.AskAsync(EndpointKind.AddressOf(report.Namespace, report.Pod), new ReportEndpoint(report), cancellationToken);
}
