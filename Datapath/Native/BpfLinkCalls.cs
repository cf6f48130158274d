using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>Link commands of bpf(2), called directly: libbpf 1.1 has no tcx yet. All return a descriptor or 0, or minus the error number.</summary>
internal static class BpfLinkCalls
{
    /// <summary>Attaches a program to an interface of the calling thread's network namespace.</summary>
    public static int Create(FileDescriptor program, uint ifindex, BpfAttachType type, uint flags = 0)
    {
        using var lease = program.Acquire();
        var attributes = new CreateAttributes { Program = (uint)lease.Number, Target = ifindex, AttachType = (uint)type, Flags = flags };
        return BpfSystemCall.Call(BpfCommand.LinkCreate, ref attributes);
    }

    /// <summary>Attaches a program to a cgroup; others' programs there go on running.</summary>
    public static int Create(FileDescriptor program, FileDescriptor cgroup, BpfAttachType type)
    {
        using var lease = cgroup.Acquire();
        return Create(program, (uint)lease.Number, type);
    }

    /// <summary>Replaces a link's program: each packet sees the old one or the new one.</summary>
    public static int Update(FileDescriptor link, FileDescriptor program)
    {
        using var linkLease = link.Acquire();
        using var programLease = program.Acquire();
        var attributes = new UpdateAttributes { Link = (uint)linkLease.Number, Program = (uint)programLease.Number };
        return BpfSystemCall.Call(BpfCommand.LinkUpdate, ref attributes);
    }

    /// <summary>Detaches now, whoever else holds the link.</summary>
    public static int Detach(FileDescriptor link)
    {
        using var lease = link.Acquire();
        var attributes = new DetachAttributes { Link = (uint)lease.Number };
        return BpfSystemCall.Call(BpfCommand.LinkDetach, ref attributes);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CreateAttributes
    {
        public uint Program;
        public uint Target; // interface or descriptor
        public uint AttachType;
        public uint Flags;
        public uint RelativeTo;
        public uint Padding;
        public ulong ExpectedRevision;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct UpdateAttributes
    {
        public uint Link;
        public uint Program;
        public uint Flags;
        public uint OldProgram;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct DetachAttributes
    {
        public uint Link;
    }
}
