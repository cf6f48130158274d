using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Six bytes, as on the wire.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct MacAddress(byte B0, byte B1, byte B2, byte B3, byte B4, byte B5)
{
    /// <summary>Reads six bytes.</summary>
    public static MacAddress From(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<MacAddress>(bytes);

    /// <summary>Parses <c>aa:bb:cc:dd:ee:ff</c>; throws <see cref="FormatException"/> otherwise.</summary>
    public static MacAddress Parse(string text)
    {
        var bytes = Convert.FromHexString(text.Replace(":", "", StringComparison.Ordinal));
        return bytes.Length == 6 ? From(bytes) : throw new FormatException($"\"{text}\" is not a MAC address");
    }

    /// <summary>The six bytes.</summary>
    public byte[] ToArray() => [B0, B1, B2, B3, B4, B5];

    public override string ToString() => $"{B0:x2}:{B1:x2}:{B2:x2}:{B3:x2}:{B4:x2}:{B5:x2}";
}
