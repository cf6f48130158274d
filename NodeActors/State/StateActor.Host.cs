using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.Policies;
using Axoneme.Policy;

namespace Axoneme.NodeActors.State;

/// <summary>The node as an endpoint of its own: the subject of policies with a <c>nodeSelector</c>.</summary>
internal sealed partial class StateActor
{
    private string? _hostPoliciesIdle;

    /// <summary>What a nodeSelector sees of the node: what the control plane has registered, and before that what the node registers with.</summary>
    private LabelSet HostLabels() =>
        NodeLabels.OfHost(_state.Nodes.GetValueOrDefault(_node)?.Labels ?? (IEnumerable<KeyValuePair<string, string>>)_options.Labels, ServesApi);

    private EndpointStatus AsHost(EndpointStatus status)
    {
        var labels = HostLabels();
        return status with { Identity = ReservedIdentity.Host, Labels = labels, Subject = new PolicySubject(labels) };
    }

    /// <summary>
    /// How an endpoint is judged that no policy is installed for. A pod may do nothing; the node must reach its control plane, or it would never
    /// learn its policies.
    /// </summary>
    private static EndpointFlags FlagsWithoutPolicy(Endpoint endpoint) => endpoint.IsHost ? EndpointFlags.None : EndpointPolicy.Closed.Enforcement;

    private static string ProblemWithoutState(Endpoint endpoint) =>
        $"no policies received from the control plane yet; {(endpoint.IsHost ? "the node is not restricted" : "nothing may pass")}";

    /// <summary>Takes away the record of an earlier run that had the host firewall on, so that nothing of the node is judged.</summary>
    private void DropFormerHost(IReadOnlyDictionary<uint, EndpointEntry> kernel)
    {
        if (kernel.TryGetValue(EndpointEntry.HostInterface, out var former) && !_endpoints.Values.Any(status => status.Endpoint.IsHost))
        {
            _maps.Endpoints.Adopt(EndpointEntry.HostInterface, former);
            _maps.Endpoints.Remove(EndpointEntry.HostInterface);
        }
    }

    /// <summary>Policies that select the node have no effect while its host firewall is off, which nobody should have to guess.</summary>
    private void NoteIdlePolicies()
    {
        var idle = _options.HostFirewall ? [] : Policies.PoliciesFor(HostLabels());
        _hostPoliciesIdle = idle.Count == 0 ? null
            : $"the host firewall is off on node {_node}: without effect here {(idle.Count == 1 ? "is" : "are")} {string.Join(", ", idle.Take(8))}{(idle.Count > 8 ? $" and {idle.Count - 8} more" : "")}";
    }
}
