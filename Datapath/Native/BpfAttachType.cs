namespace Axoneme.Datapath.Native;

/// <summary><c>enum bpf_attach_type</c> (linux/bpf.h), the ones we use. tcx came with Linux 6.6.</summary>
internal enum BpfAttachType : uint
{
    CgroupInet4Connect = 10,
    CgroupInet6Connect = 11,
    CgroupInet4PostBind = 12,
    CgroupInet6PostBind = 13,
    CgroupUdp4SendMessage = 14,
    CgroupUdp6SendMessage = 15,
    CgroupUdp4ReceiveMessage = 19,
    CgroupUdp6ReceiveMessage = 20,
    CgroupInet4GetPeerName = 29,
    CgroupInet6GetPeerName = 30,
    Xdp = 37,
    TcxIngress = 46,
    TcxEgress = 47,
}
