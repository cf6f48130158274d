namespace Axoneme.Datapath.Network;

/// <summary>Where a clsact filter sits (linux/pkt_sched.h): what the interface receives, or what it sends.</summary>
internal enum TrafficHook : uint
{
    Ingress = 0xFFFF_FFF2,
    Egress = 0xFFFF_FFF3,
}
