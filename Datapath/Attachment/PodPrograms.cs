using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Attachment;

/// <summary>The two programs of a pod's host-side interface. What the pod sends is what the interface receives.</summary>
internal sealed record PodPrograms(FileDescriptor FromPod, FileDescriptor ToPod)
{
    public const string FromPodName = "from_pod";
    public const string ToPodName = "to_pod";

    /// <summary>Each program with its place. To the pod first: a half-attached pod can receive nothing unjudged.</summary>
    public IEnumerable<Placement> Placements =>
    [
        new(ToPodName, ToPod, BpfAttachType.TcxEgress, TrafficHook.Egress),
        new(FromPodName, FromPod, BpfAttachType.TcxIngress, TrafficHook.Ingress),
    ];

    /// <summary>A program and where it sits, by tcx and by clsact.</summary>
    internal sealed record Placement(string Name, FileDescriptor Program, BpfAttachType Tcx, TrafficHook Clsact);
}
