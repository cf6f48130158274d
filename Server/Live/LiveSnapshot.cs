using Axoneme.Sandbox.Probing;
using Axoneme.Wire.Agent;

namespace Axoneme.Server.Live;

/// <summary>Everything the view shows, at one moment.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Status">Null while the agent does not answer.</param>
/// <param name="Pods">By name.</param>
/// <param name="Policies">By namespace and name.</param>
/// <param name="Services">Their frontends, one after the other.</param>
/// <param name="Matrix">The newest measurement.</param>
/// <param name="Drops">Newest kind first.</param>
/// <param name="Errors">Manifest errors and whatever else needs attention, one line each.</param>
/// <param name="Warnings">What policies ask that is not enforced as they say, one line each.</param>
/// <param name="StopHint">What Ctrl-C does.</param>
internal sealed record LiveSnapshot(
    string Node, AgentStatus? Status, IReadOnlyList<LivePod> Pods, IReadOnlyList<PolicyView> Policies, IReadOnlyList<ServiceView> Services, ReachabilityMatrix Matrix,
    IReadOnlyList<DropCount> Drops, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings, string StopHint);
