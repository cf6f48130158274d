using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Programs;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>
/// Runs a program on packets that came by a tunnel: a test run by itself cannot say which. A small program of ours does, and hands the packet on.
/// </summary>
internal sealed class TunnelArrivals : IDisposable
{
    private const int LocalAddress = 28; // of struct bpf_tunnel_key: what the sending side calls local is the sender
    private const int TimeToLive = 21;
    private const uint TunnelIsIpv6 = 1; // BPF_F_TUNINFO_IPV6
    private readonly FileDescriptor _arrivals = Create(BpfMapType.Array, TestPrograms.TunnelKeySize + sizeof(uint), "arrivals");
    private readonly FileDescriptor _next = Create(BpfMapType.ProgramArray, sizeof(uint), "next");
    private readonly ProgramTestRun _run;

    public TunnelArrivals(ProgramTestRun program)
    {
        _run = new ProgramTestRun(TestPrograms.ArrivingByTunnel(_arrivals, _next), "tunnel", owns: true);
        using var lease = program.Program.Acquire();
        Put(_next, BitConverter.GetBytes(lease.Number));
    }

    /// <summary>One packet.</summary>
    /// <param name="frame">The inner frame.</param>
    /// <param name="ifindex">The tunnel device.</param>
    /// <param name="sender">The outer source.</param>
    /// <param name="networkIdentifier">What stands in the tunnel's header, or more than can stand there.</param>
    public ProgramTestRunResult Run(byte[] frame, uint ifindex, IPAddress sender, uint networkIdentifier)
    {
        var key = new byte[TestPrograms.TunnelKeySize + sizeof(uint)];
        MemoryMarshal.Write(key, in networkIdentifier);
        key[TimeToLive] = 64;
        if (sender.AddressFamily == AddressFamily.InterNetwork)
        {
            MemoryMarshal.Write(key.AsSpan(LocalAddress), BinaryPrimitives.ReadUInt32BigEndian(sender.GetAddressBytes()));
        }
        else
        {
            sender.GetAddressBytes().CopyTo(key, LocalAddress);
            MemoryMarshal.Write(key.AsSpan(TestPrograms.TunnelKeySize), TunnelIsIpv6);
        }

        Put(_arrivals, key);
        var result = _run.Run(frame, ifindex);
        return result.Verdict >= 0 ? result : throw new InvalidOperationException("the packet did not reach the program");
    }

    public void Dispose()
    {
        _run.Dispose();
        _arrivals.Dispose();
        _next.Dispose();
    }

    private static FileDescriptor Create(BpfMapType type, int valueSize, string name)
    {
        var result = BpfMapCalls.Create(type, sizeof(uint), valueSize, 1, 0, name);
        return result >= 0 ? new FileDescriptor(result) : throw KernelException.For($"map {name}", "create", -result);
    }

    private static void Put(FileDescriptor map, ReadOnlySpan<byte> value)
    {
        var result = BpfMapCalls.Update(map, BitConverter.GetBytes(0), value);
        if (result < 0)
        {
            throw KernelException.For("map of a tunnel's arrivals", "update", -result);
        }
    }
}
