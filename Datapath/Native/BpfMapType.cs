namespace Axoneme.Datapath.Native;

/// <summary><c>enum bpf_map_type</c> (linux/bpf.h), the ones we use.</summary>
internal enum BpfMapType : uint
{
    Hash = 1,
    Array = 2,
    ProgramArray = 3,
    PerCpuArray = 6,
    LruHash = 9,
    LpmTrie = 11,
    RingBuffer = 27,
}
