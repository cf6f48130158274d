using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>What is attached to a cgroup.</summary>
internal static unsafe class BpfCgroupCalls
{
    private const int MaxPrograms = 64; // BPF_CGROUP_MAX_PROGS: no more can be attached to one hook

    /// <summary>Numbers of the programs on one hook of a cgroup, not of those around it.</summary>
    public static uint[] Programs(FileDescriptor cgroup, string path, BpfAttachType type)
    {
        using var lease = cgroup.Acquire();
        var ids = stackalloc uint[MaxPrograms];
        var attributes = new QueryAttributes { Target = (uint)lease.Number, AttachType = (uint)type, Programs = (ulong)ids, Count = MaxPrograms };
        var result = BpfSystemCall.Call(BpfCommand.ProgramQuery, ref attributes);
        return result < 0 ? throw KernelException.For($"cgroup {path}", $"ask for programs of {type}", -result) : new ReadOnlySpan<uint>(ids, (int)attributes.Count).ToArray();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct QueryAttributes
    {
        public uint Target;
        public uint AttachType;
        public uint QueryFlags;
        public uint AttachFlags;
        public ulong Programs;
        public uint Count;
        public uint Padding;
    }
}
