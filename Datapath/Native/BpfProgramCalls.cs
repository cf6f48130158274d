using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>Program commands of bpf(2).</summary>
internal static unsafe class BpfProgramCalls
{
    private const uint SchedulerClassifier = 3; // BPF_PROG_TYPE_SCHED_CLS
    private const uint Driver = 6;              // BPF_PROG_TYPE_XDP

    /// <summary>Loads the smallest program of the tc type: "return 0". For probing the kernel and measuring the harness.</summary>
    public static FileDescriptor LoadEmpty() => Load(
        "empty",
        [
            0x00000000_000000b7, // r0 = 0
            0x00000000_00000095, // exit
        ]);

    /// <summary>Loads a driver's program (XDP) that passes everything on: what the other end of a veth pair needs.</summary>
    public static FileDescriptor LoadDriverPass() => Load(
        "pass",
        [
            0x00000002_000000b7, // r0 = XDP_PASS
            0x00000000_00000095, // exit
        ],
        Driver);

    /// <summary>Loads a program from its instructions, each in eight bytes as the kernel has them; of the tc type unless another is named.</summary>
    public static FileDescriptor Load(string name, ReadOnlySpan<ulong> instructions, uint type = SchedulerClassifier)
    {
        fixed (ulong* pointer = instructions)
        fixed (byte* license = "GPL\0"u8)
        {
            var attributes = new LoadAttributes { Type = type, InstructionCount = (uint)instructions.Length, Instructions = (ulong)pointer, License = (ulong)license };
            var result = BpfSystemCall.Call(BpfCommand.ProgramLoad, ref attributes);
            return result >= 0 ? new FileDescriptor(result) : throw KernelException.For($"program {name}", "load", -result, "needs CAP_BPF and CAP_NET_ADMIN");
        }
    }

    /// <summary>
    /// Runs a program on a packet. <paramref name="context"/> (<c>struct __sk_buff</c>) may be empty, and is what the program left
    /// of it afterwards. Returns 0 or minus the error number; the out values are set on success.
    /// </summary>
    public static int TestRun(FileDescriptor program, ReadOnlySpan<byte> packet, Span<byte> output, Span<byte> context, uint repeat, out uint verdict, out int outputLength, out uint nanoseconds)
    {
        using var lease = program.Acquire();
        fixed (byte* packetPointer = packet)
        fixed (byte* outputPointer = output)
        fixed (byte* contextPointer = context)
        {
            var attributes = new TestRunAttributes
            {
                Program = (uint)lease.Number,
                DataSizeIn = (uint)packet.Length,
                DataSizeOut = (uint)output.Length,
                DataIn = (ulong)packetPointer,
                DataOut = (ulong)outputPointer,
                Repeat = repeat,
                ContextSizeIn = (uint)context.Length,
                ContextSizeOut = (uint)context.Length,
                ContextIn = (ulong)contextPointer,
                ContextOut = (ulong)contextPointer,
            };
            var result = BpfSystemCall.Call(BpfCommand.ProgramTestRun, ref attributes);
            verdict = attributes.ReturnValue;
            outputLength = (int)attributes.DataSizeOut;
            nanoseconds = attributes.Duration;
            return result;
        }
    }

    /// <summary>A program's name and the numbers of its maps.</summary>
    public static (string Name, uint[] Maps) Describe(FileDescriptor program, string subject)
    {
        const int MaxMaps = 64; // MAX_USED_MAPS
        var maps = stackalloc uint[MaxMaps];
        var info = new BpfProgramInfo { MapCount = MaxMaps, Maps = (ulong)maps };
        BpfObjectCalls.Info(program, subject, ref info);
        return (info.Name, new ReadOnlySpan<uint>(maps, (int)info.MapCount).ToArray());
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LoadAttributes
    {
        public uint Type;
        public uint InstructionCount;
        public ulong Instructions;
        public ulong License;
        public uint LogLevel;
        public uint LogSize;
        public ulong LogBuffer;
        public uint KernelVersion;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TestRunAttributes
    {
        public uint Program;
        public uint ReturnValue;
        public uint DataSizeIn;
        public uint DataSizeOut;
        public ulong DataIn;
        public ulong DataOut;
        public uint Repeat;
        public uint Duration;
        public uint ContextSizeIn;
        public uint ContextSizeOut;
        public ulong ContextIn;
        public ulong ContextOut;
        public uint Flags;
        public uint Cpu;
        public uint BatchSize;
        public uint Padding;
    }
}
