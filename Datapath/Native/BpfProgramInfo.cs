using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>What is used of <c>struct bpf_prog_info</c> (linux/bpf.h).</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal unsafe struct BpfProgramInfo
{
    [FieldOffset(4)]
    public uint Id;

    /// <summary>Bytes of machine code, the program's functions included.</summary>
    [FieldOffset(16)]
    public uint JitedLength;

    /// <summary>Bytes of instructions after the verifier took out what cannot be reached; 8 each.</summary>
    [FieldOffset(20)]
    public uint TranslatedLength;

    /// <summary>How many maps it uses; before the call, how many <see cref="Maps"/> has room for.</summary>
    [FieldOffset(52)]
    public uint MapCount;

    /// <summary>Where the kernel is to write the numbers of its maps.</summary>
    [FieldOffset(56)]
    public ulong Maps;

    [FieldOffset(64)]
    private fixed byte _name[16];

    /// <summary>The number of the type information it was loaded with, 0 for none.</summary>
    [FieldOffset(128)]
    public uint TypeInfo;

    /// <summary>Instructions the verifier went through, of which the kernel allows a million (Linux 5.16).</summary>
    [FieldOffset(216)]
    public uint VerifiedInstructions;

    /// <summary>At most 15 characters.</summary>
    public readonly string Name
    {
        get
        {
            fixed (byte* name = _name)
            {
                return KernelName.Read(name);
            }
        }
    }
}
