using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>The head of <c>struct bpf_map_info</c> (linux/bpf.h): what the kernel says a map is.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BpfMapInfo
{
    public BpfMapType Type;
    public uint Id;
    public uint KeySize;
    public uint ValueSize;
    public uint MaxEntries;
    public uint Flags;
    private fixed byte _name[16];
    private readonly uint _ifindex;
    private readonly uint _kernelValueType;
    private readonly ulong _device;
    private readonly ulong _inode;

    /// <summary>Type information the map was made with, 0 for none.</summary>
    public uint TypeInfo;
    public uint KeyType;
    public uint ValueType;
    private readonly uint _padding;

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
