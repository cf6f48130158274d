using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Hubble;
using Axoneme.NodeActors.Api;
using Axoneme.NodeActors.State;
using Axoneme.Policy;

namespace Axoneme.NodeActors.Flows;

/// <summary>
/// Names for what events speak of, from the state actor's newest view. Only a drop that no rule decided asks the policy engine,
/// only the first of its kind, and only so many in a second.
/// </summary>
internal sealed class FlowMetadata(StateActor state, BpfViews names) : IFlowMetadata
{
    public IReadOnlyList<string> LabelsOf(uint identity) => names.LabelsOf(identity);

    public FlowPod? PodAt(IPAddress address)
    {
        var view = state.View;
        if (view.EndpointOfAddress.TryGetValue(address, out var id) && view.Endpoints.ContainsKey(id))
        {
            return PodOf(id);
        }

        return view.State.Ips.TryGetValue(address, out var ip) && ip.Pod.Length > 0 ? new FlowPod(ip.Namespace, ip.Pod) : null;
    }

    public FlowPod? PodOf(ushort endpointId) =>
        state.View.Endpoints.TryGetValue(endpointId, out var status) && status.Endpoint.Pod.Length > 0
            ? new FlowPod(status.Endpoint.Namespace, status.Endpoint.Pod)
            : null;

    public FlowRule? RuleOf(uint ruleId) => state.Policies.DescribeRule(ruleId) is { PolicyKey: var key } rule && key.Split('/', 3) is [var kind, var ns, var name]
        ? new FlowRule(ruleId, kind, ns, name, rule.Section)
        : null;

    public string? NearestRule(TrafficDirection direction, uint subject, uint peer, byte protocol, ushort port)
    {
        var judged = state.View.Endpoints.Values.FirstOrDefault(status => status.Identity == subject);
        if (judged is null)
        {
            return null;
        }

        var explanation = state.Policies.Explain(judged.Subject, (PolicyDirection)direction, peer, protocol, port);
        return explanation?.Nearest is { } nearest ? $"{nearest}: {explanation.Lacks}" : null;
    }
}
