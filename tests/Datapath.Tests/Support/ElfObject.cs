using System.Text;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>Sections of a 64-bit little-endian ELF file (the ELF specification's headers, nothing more).</summary>
internal sealed class ElfObject(byte[] file)
{
    /// <summary>A section's bytes, writable in place.</summary>
    public Span<byte> Section(string name)
    {
        var headers = (int)BitConverter.ToInt64(file, 0x28);
        var size = BitConverter.ToUInt16(file, 0x3A);
        var count = BitConverter.ToUInt16(file, 0x3C);
        var names = Contents(headers + BitConverter.ToUInt16(file, 0x3E) * size);
        for (var i = 0; i < count; i++)
        {
            var header = headers + i * size;
            var text = names[(int)BitConverter.ToUInt32(file, header)..];
            if (Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]) == name)
            {
                return Contents(header);
            }
        }

        throw new InvalidOperationException($"the object has no section {name}");
    }

    private Span<byte> Contents(int header) => file.AsSpan((int)BitConverter.ToInt64(file, header + 0x18), (int)BitConverter.ToInt64(file, header + 0x20));
}
