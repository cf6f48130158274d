using Axoneme.Wire.Node;

namespace Axoneme.Wire;

/// <summary>
/// A node's statements to the control plane. Both calls return after the statement is journaled there, may be repeated
/// (same content, same effect), and throw when the control plane cannot take them; the node then repeats them later.
/// </summary>
public interface INodeReports
{
    /// <summary>Registers or renews the node itself.</summary>
    Task RegisterNodeAsync(NodeRegistration registration, CancellationToken cancellationToken);

    /// <summary>Reports an endpoint that the node has created, changed or (with <see cref="EndpointReport.Removed"/>) removed.</summary>
    Task ReportEndpointAsync(EndpointReport report, CancellationToken cancellationToken);
}
