using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>Reads type information (BTF) that the kernel keeps for maps and programs.</summary>
internal static unsafe class BpfTypeInfoCalls
{
    /// <summary>The type information a map or program was made with, as the bytes of the format; empty for id 0 (it was made without).</summary>
    /// <param name="id">Its number in the kernel.</param>
    /// <param name="subject">Whose it is, for the message of a failure.</param>
    public static byte[] Read(uint id, string subject)
    {
        if (id == 0)
        {
            return [];
        }

        using var descriptor = BpfObjectCalls.OpenById(BpfCommand.TypeInfoById, id) ?? throw KernelException.For(subject, $"open type information {id}", Errno.NoEntry);
        var bytes = new byte[BpfObjectCalls.Info<Info>(descriptor, subject).Size];
        fixed (byte* pointer = bytes)
        {
            var info = new Info { Data = (ulong)pointer, Size = (uint)bytes.Length };
            BpfObjectCalls.Info(descriptor, subject, ref info);
            return bytes;
        }
    }

    /// <summary>Type information of a program, empty when it was loaded without.</summary>
    public static byte[] OfProgram(FileDescriptor program, string subject) => Read(BpfObjectCalls.Info<BpfProgramInfo>(program, subject).TypeInfo, subject);

    /// <summary><c>struct bpf_btf_info</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Info
    {
        public ulong Data;
        public uint Size;
        public uint Id;
        public ulong Name;
        public uint NameLength;
        public uint KernelBtf;
    }
}
