using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>What is used of <c>struct bpf_prog_info</c> (linux/bpf.h).</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct BpfProgramInfo
{
    /// <summary>Bytes of machine code, the program's functions included.</summary>
    [FieldOffset(16)]
    public uint JitedLength;

    /// <summary>Bytes of instructions after the verifier took out what cannot be reached; 8 each.</summary>
    [FieldOffset(20)]
    public uint TranslatedLength;

    /// <summary>The number of the type information it was loaded with, 0 for none.</summary>
    [FieldOffset(128)]
    public uint TypeInfo;

    /// <summary>Instructions the verifier went through, of which the kernel allows a million (Linux 5.16).</summary>
    [FieldOffset(216)]
    public uint VerifiedInstructions;
}
