using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Programs;

/// <summary>
/// Runs a loaded program on a packet in the kernel, without an interface (BPF_PROG_TEST_RUN). For packet tests and benches.
/// </summary>
public sealed class ProgramTestRun : IDisposable
{
    private const int ContextSize = 192;     // struct __sk_buff (linux/bpf.h)
    private const int MarkOffset = 8;
    private const int IngressIfindexOffset = 36;
    private const int IfindexOffset = 40;
    private const int Headroom = 256;        // what a program may add in front
    private readonly FileDescriptor _program;
    private readonly string _name;
    private readonly bool _owns;
    private readonly bool _isDriver;

    /// <param name="program">The program.</param>
    /// <param name="name">For messages.</param>
    /// <param name="owns">Whether the program goes with this.</param>
    /// <param name="isDriver">A driver's (XDP): its packet is on loopback, and without what <c>struct __sk_buff</c> tells.</param>
    internal ProgramTestRun(FileDescriptor program, string name, bool owns = false, bool isDriver = false) => (_program, _name, _owns, _isDriver) = (program, name, owns, isDriver);

    /// <summary>A program that only returns 0: what the harness itself costs.</summary>
    public static ProgramTestRun LoadEmpty() => new(BpfProgramCalls.LoadEmpty(), "empty", owns: true);

    /// <summary>Runs the program.</summary>
    /// <param name="packet">The frame, Ethernet header first.</param>
    /// <param name="ifindex">The interface it is said to be on, in the calling thread's network namespace; 0 for none.</param>
    /// <param name="repeat">How often; more than once gives a useful duration. The packet is not restored in between.</param>
    /// <param name="ingressIfindex">The interface it came from, if another.</param>
    /// <param name="mark">The mark it bears (<c>skb->mark</c>).</param>
    public ProgramTestRunResult Run(ReadOnlySpan<byte> packet, uint ifindex = 0, uint repeat = 1, uint ingressIfindex = 0, uint mark = 0)
    {
        var output = new byte[packet.Length + Headroom];
        var (verdict, length, nanoseconds) = Run(packet, output, ifindex, repeat, ingressIfindex, ref mark);
        return new ProgramTestRunResult(verdict, output.AsMemory(0, length), nanoseconds, mark);
    }

    /// <summary>As <see cref="Run(ReadOnlySpan{byte},uint,uint,uint,uint)"/>, into a buffer of the caller's, which must have room for what the program adds.</summary>
    public (int Verdict, int OutputLength, uint Nanoseconds) Run(ReadOnlySpan<byte> packet, Span<byte> output, uint ifindex, uint repeat = 1, uint ingressIfindex = 0, uint mark = 0) =>
        Run(packet, output, ifindex, repeat, ingressIfindex, ref mark);

    /// <summary>The loaded program.</summary>
    internal FileDescriptor Program => _program;

    public void Dispose()
    {
        if (_owns)
        {
            _program.Dispose();
        }
    }

    private (int Verdict, int OutputLength, uint Nanoseconds) Run(ReadOnlySpan<byte> packet, Span<byte> output, uint ifindex, uint repeat, uint ingressIfindex, ref uint mark)
    {
        Span<byte> context = stackalloc byte[ContextSize];
        context.Clear();
        MemoryMarshal.Write(context[MarkOffset..], in mark);
        MemoryMarshal.Write(context[IngressIfindexOffset..], in ingressIfindex);
        MemoryMarshal.Write(context[IfindexOffset..], in ifindex);
        var result = BpfProgramCalls.TestRun(_program, packet, output, _isDriver ? [] : context, repeat, out var verdict, out var length, out var nanoseconds);
        if (result < 0)
        {
            throw KernelException.For($"program {_name}", $"test run with {packet.Length} bytes on interface {ifindex}", -result);
        }

        mark = MemoryMarshal.Read<uint>(context[MarkOffset..]);
        return ((int)verdict, length, nanoseconds);
    }
}
