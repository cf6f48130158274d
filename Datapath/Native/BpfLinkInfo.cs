using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>The same for links of cgroups, whose numbers are those of their directories' inodes; 0 when the cgroup is gone.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BpfCgroupLinkInfo
{
    public uint Type;
    public uint Id;
    public uint ProgramId;
    private uint _padding;
    public ulong Cgroup;
    public BpfAttachType AttachType;
}

/// <summary>The head of <c>struct bpf_link_info</c> (linux/bpf.h) for links of interfaces; an ifindex of 0 means the interface is gone.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BpfLinkInfo
{
    public uint Type;
    public uint Id;
    public uint ProgramId;
    private uint _padding;
    public uint Ifindex;
    public BpfAttachType AttachType;
}
