using System.Buffers.Binary;
using System.Globalization;

namespace Axoneme.NodeActors.Services;

/// <summary>What makes one cluster's tables differ from another's.</summary>
public static class MaglevSeed
{
    /// <summary>Bytes of a seed in base64.</summary>
    private const int Length = 12;

    public const ulong Default = 0;

    /// <summary>Reads a number, or 12 bytes in base64.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static ulong Parse(string text)
    {
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        Span<byte> bytes = stackalloc byte[Length];
        return Convert.TryFromBase64String(text, bytes, out var written) && written == Length
            ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) * 0x9E3779B97F4A7C15
            : throw new FormatException($"\"{text}\" is not a seed: write a number, or 12 bytes in base64, such as `head -c12 /dev/urandom | base64 -w0` makes");
    }
}
