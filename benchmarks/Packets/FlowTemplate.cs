using System.Runtime.InteropServices;

namespace Axoneme.Benchmarks.Packets;

/// <summary>What the packets of a run are alike in, and by what they differ (<c>struct template</c> in rotate.bpf.c).</summary>
internal readonly struct FlowTemplate
{
    private const int Bytes = 64;
    private readonly Words _words;
    private readonly uint _portAt;
    private readonly ushort _firstPort;
    private readonly ushort _flows;

    /// <param name="frame">A TCP packet without options in its IP header.</param>
    /// <param name="firstPort">The port of the first flow.</param>
    /// <param name="flows">How many there are, a port each.</param>
    /// <param name="byDestination">Flows differ by their destination's port: answers. Otherwise by their source's.</param>
    public FlowTemplate(ReadOnlySpan<byte> frame, ushort firstPort, int flows, bool byDestination = false)
    {
        frame[..Bytes].CopyTo(_words);
        (_portAt, _firstPort, _flows) = ((uint)(CostBed.PortsOf(frame) + (byDestination ? 2 : 0)), firstPort, (ushort)flows);
    }

    [System.Runtime.CompilerServices.InlineArray(Bytes)]
    private struct Words
    {
        private byte _first;
    }
}
