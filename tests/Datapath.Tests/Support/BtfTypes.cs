using System.Runtime.InteropServices;
using System.Text;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>Reads structures out of BTF (Documentation/bpf/btf.rst in the kernel's sources).</summary>
internal sealed class BtfTypes
{
    private const int Integer = 1, Array = 3, Struct = 4, Union = 5, Enum = 6, FunctionPrototype = 13, Variable = 14, DataSection = 15, DeclarationTag = 17, Enum64 = 19;
    private readonly byte[] _strings;
    private readonly List<BtfType> _types = [new(0, 0, 0, [])];

    public BtfTypes(ReadOnlySpan<byte> btf)
    {
        var header = BitConverter.ToInt32(btf[4..]);
        var types = btf.Slice(header + BitConverter.ToInt32(btf[8..]), BitConverter.ToInt32(btf[12..]));
        _strings = btf.Slice(header + BitConverter.ToInt32(btf[16..]), BitConverter.ToInt32(btf[20..])).ToArray();
        while (types.Length > 0)
        {
            var words = MemoryMarshal.Cast<byte, uint>(types);
            var kind = (int)(words[1] >> 24 & 0x1F);
            var count = (int)(words[1] & 0xFFFF);
            var trailing = kind switch
            {
                Integer or Variable or DeclarationTag => 1,
                Array => 3,
                Struct or Union or DataSection or Enum64 => 3 * count,
                Enum or FunctionPrototype => 2 * count,
                _ => 0,
            };
            _types.Add(new BtfType(words[0], kind, words[2], words.Slice(3, trailing).ToArray()));
            types = types[((3 + trailing) * 4)..];
        }
    }

    /// <summary>A structure by name: its size and its members' names, offsets and sizes in bytes.</summary>
    public (int Size, IReadOnlyList<(string Name, int Offset, int Size)> Members) Structure(string name)
    {
        var type = _types.Find(candidate => candidate.Kind == Struct && Name(candidate.NameOffset) == name)
            ?? throw new InvalidOperationException($"no BTF for struct {name}: let a map's value, a global or a function's argument have this type");
        var members = type.Trailing.Chunk(3).Select(member => (Name(member[0]), (int)(member[2] & 0xFFFFFF) / 8, SizeOf((int)member[1])));
        return ((int)type.SizeOrType, [.. members]);
    }

    private int SizeOf(int id)
    {
        var type = _types[id];
        return type.Kind switch
        {
            Integer or Struct or Union or Enum or Enum64 => (int)type.SizeOrType,
            Array => SizeOf((int)type.Trailing[0]) * (int)type.Trailing[2],
            2 => 8, // pointer
            _ => SizeOf((int)type.SizeOrType), // typedef, const, volatile, restrict
        };
    }

    private string Name(uint offset)
    {
        var text = _strings.AsSpan((int)offset);
        return Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]);
    }

    private sealed record BtfType(uint NameOffset, int Kind, uint SizeOrType, uint[] Trailing);
}
