using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Attachment;

/// <summary>The two programs of an interface: one for what it receives, one for what it sends. What a pod sends is what its host side receives.</summary>
internal sealed record InterfacePrograms(InterfaceRole Role, FileDescriptor From, FileDescriptor To)
{
    public string FromName => FromNameOf(Role);

    public string ToName => ToNameOf(Role);

    /// <summary>Each program with its place. To the interface first: a half-attached pod can receive nothing unjudged.</summary>
    public IEnumerable<Placement> Placements =>
    [
        new(ToName, To, BpfAttachType.TcxEgress, TrafficHook.Egress),
        new(FromName, From, BpfAttachType.TcxIngress, TrafficHook.Ingress),
    ];

    /// <summary>The object file that has them.</summary>
    public static string ObjectNameOf(InterfaceRole role) => role switch
    {
        InterfaceRole.Pod => "pod.bpf.o",
        InterfaceRole.Device => "host.bpf.o",
        InterfaceRole.Overlay => "overlay.bpf.o",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    public static string FromNameOf(InterfaceRole role) => $"from_{NameOf(role)}";

    public static string ToNameOf(InterfaceRole role) => $"to_{NameOf(role)}";

    private static string NameOf(InterfaceRole role) => role switch
    {
        InterfaceRole.Pod => "pod",
        InterfaceRole.Device => "netdev",
        InterfaceRole.Overlay => "overlay",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    /// <summary>A program and where it sits, by tcx and by clsact.</summary>
    internal sealed record Placement(string Name, FileDescriptor Program, BpfAttachType Tcx, TrafficHook Clsact);
}
