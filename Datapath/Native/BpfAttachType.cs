namespace Axoneme.Datapath.Native;

/// <summary><c>enum bpf_attach_type</c> (linux/bpf.h), the ones we use. tcx came with Linux 6.6.</summary>
internal enum BpfAttachType : uint
{
    TcxIngress = 46,
    TcxEgress = 47,
}
