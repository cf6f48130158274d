using System.Buffers.Binary;

namespace Axoneme.DatapathFuzz.Tests.Packets;

/// <summary>Damages frames where it hurts: headers, lengths, types, addresses.</summary>
internal sealed class FrameDamage(Random random)
{
    private const int Shortest = 14; // the kernel refuses to run a program on less
    private static readonly byte[] Telling = [0, 1, 2, 3, 4, 5, 6, 8, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 64, 127, 128, 129, 132, 136, 254, 255];

    /// <summary>A damaged copy.</summary>
    public byte[] Damage(byte[] frame, byte[] other)
    {
        byte[] damaged = [.. frame];
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            damaged = Once(damaged, other);
        }

        if (random.Next(3) == 0)
        {
            Checksums.Write(damaged);
        }

        return damaged;
    }

    private byte[] Once(byte[] frame, byte[] other)
    {
        var at = random.Next(Math.Min(frame.Length, 80));
        switch (random.Next(8))
        {
            case 0:
                frame[at] ^= (byte)(1 << random.Next(8));
                return frame;
            case 1:
                frame[at] = Telling[random.Next(Telling.Length)];
                return frame;
            case 2:
                return frame[..random.Next(Shortest, frame.Length + 1)];
            case 3: // a length that lies
                var where = new[] { 16, 18, 38, 55 }[random.Next(4)];
                if (frame.Length >= where + 2)
                {
                    BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(where), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(where)) + random.Next(-24, 25)));
                }

                return frame;
            case 4: // headers of one, the rest of another
                var cut = new[] { 14, 20, 34, 42, 54, 62 }[random.Next(6)];
                return cut < frame.Length && cut < other.Length ? [.. frame.AsSpan(0, cut), .. other.AsSpan(cut)] : frame;
            case 5:
                var more = new byte[random.Next(1, 40)];
                random.NextBytes(more);
                return [.. frame, .. more];
            case 6: // version and header length, fragment, protocol
                var header = new[] { 12, 13, 14, 20, 21, 23, 46, 47 }[random.Next(8)];
                if (header < frame.Length)
                {
                    frame[header] = random.Next(2) == 0 ? (byte)random.Next(256) : Telling[random.Next(Telling.Length)];
                }

                return frame;
            default: // somebody else's address
                var (length, first) = frame.Length > 62 && frame[12] == 0x86 ? (16, 22) : (4, 26);
                var (from, to) = (first + length * random.Next(2), first + length * random.Next(2));
                if (to + length <= frame.Length && from + length <= other.Length)
                {
                    other.AsSpan(from, length).CopyTo(frame.AsSpan(to));
                }

                return frame;
        }
    }
}
