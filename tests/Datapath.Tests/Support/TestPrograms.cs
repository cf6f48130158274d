using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>Programs of a few instructions, so that attachment, test runs and the event ring are tested without the pod programs.</summary>
internal static class TestPrograms
{
    public const int Pass = 0; // TC_ACT_OK
    public const int Drop = 2; // TC_ACT_SHOT
    public const int TunnelKeySize = 44;

    /// <summary>Returns a constant.</summary>
    public static FileDescriptor Returning(int verdict) => BpfProgramCalls.Load($"return {verdict}", [Move(0, verdict), Exit]);

    /// <summary>Returns a 32-bit field of <c>struct __sk_buff</c>.</summary>
    public static FileDescriptor ReturningField(short offset) => BpfProgramCalls.Load("return field", [Load32(0, 1, offset), Exit]);

    /// <summary>Puts a record of zeroes into a ring buffer, with the packet's length at one place.</summary>
    /// <param name="ring">The ring buffer.</param>
    /// <param name="size">Bytes of the record, a multiple of 8.</param>
    /// <param name="lengthOffset">Where the packet's length goes.</param>
    /// <param name="wake">Whether to wake the reader (BPF_RB_FORCE_WAKEUP) or not (BPF_RB_NO_WAKEUP).</param>
    public static FileDescriptor Emitting(FileDescriptor ring, short size, short lengthOffset, bool wake)
    {
        using var lease = ring.Acquire();
        List<ulong> instructions = [];
        for (short at = 0; at < size; at += 8)
        {
            instructions.Add(Instruction(0x7a, 10, 0, (short)(at - size), 0)); // *(u64 *)(r10 + …) = 0
        }

        instructions.AddRange(
        [
            Load32(2, 1, 0),                                             // r2 = skb->len
            Instruction(0x63, 10, 2, (short)(lengthOffset - size), 0),   // *(u32 *)(r10 + …) = r2
            Instruction(0x18, 1, 1, 0, lease.Number),                    // r1 = map (two instructions)
            0,
            Instruction(0xbf, 2, 10, 0, 0),                              // r2 = r10
            Instruction(0x07, 2, 0, 0, -size),                           // r2 -= size
            Move(3, size),
            Move(4, wake ? 2 : 1),
            Instruction(0x85, 0, 0, 0, 130),                             // call bpf_ringbuf_output
            Move(0, 0),
            Exit,
        ]);
        return BpfProgramCalls.Load("emit", [.. instructions]);
    }

    /// <summary>
    /// Gives a packet the tunnel key it would have come with and goes on to another program. What a tunnel device says of a packet
    /// it received, and what a program tells it of one to send, stand in the same place with the addresses exchanged.
    /// </summary>
    /// <param name="arrivals">An array of one <c>struct bpf_tunnel_key</c> (linux/bpf.h), followed by the flags of the call that sets it.</param>
    /// <param name="next">An array of one program.</param>
    public static FileDescriptor ArrivingByTunnel(FileDescriptor arrivals, FileDescriptor next)
    {
        using var arrivalsLease = arrivals.Acquire();
        using var nextLease = next.Acquire();
        return BpfProgramCalls.Load(
            "tunnel",
            [
                Instruction(0xbf, 6, 1, 0, 0),                                  // r6 = skb
                Instruction(0x62, 10, 0, -4, 0),                                // *(u32 *)(r10 - 4) = 0
                Instruction(0x18, 1, 1, 0, arrivalsLease.Number), 0,            // r1 = arrivals
                Instruction(0xbf, 2, 10, 0, 0),
                Instruction(0x07, 2, 0, 0, -4),                                 // r2 = r10 - 4
                Instruction(0x85, 0, 0, 0, 1),                                  // call bpf_map_lookup_elem
                Instruction(0x15, 0, 0, 10, 0),                                 // if r0 == 0 goto fail
                Instruction(0xbf, 2, 0, 0, 0),                                  // r2 = key
                Load32(4, 0, TunnelKeySize),                            // r4 = flags
                Instruction(0xbf, 1, 6, 0, 0),
                Move(3, TunnelKeySize),
                Instruction(0x85, 0, 0, 0, 21),                                 // call bpf_skb_set_tunnel_key
                Instruction(0xbf, 1, 6, 0, 0),
                Instruction(0x18, 2, 1, 0, nextLease.Number), 0,                // r2 = next
                Move(3, 0),
                Instruction(0x85, 0, 0, 0, 12),                                 // call bpf_tail_call, which does not return
                Move(0, -1),                                                    // fail:
                Exit,
            ]);
    }

    private static ulong Exit => Instruction(0x95, 0, 0, 0, 0);

    private static ulong Move(int register, int value) => Instruction(0xb7, register, 0, 0, value);

    private static ulong Load32(int destination, int source, short offset) => Instruction(0x61, destination, source, offset, 0);

    private static ulong Instruction(byte code, int destination, int source, short offset, int immediate) =>
        code | (ulong)(destination | source << 4) << 8 | (ulong)(ushort)offset << 16 | (ulong)(uint)immediate << 32;
}
