using System.Runtime.InteropServices;
using System.Text;

namespace Axoneme.Datapath.Loading;

/// <summary>Reads the shapes of types out of BTF (Documentation/bpf/btf.rst in the kernel's sources).</summary>
internal sealed class TypeInformation
{
    private const ushort Magic = 0xeB9F;
    private const int Integer = 1, Pointer = 2, Array = 3, Struct = 4, Union = 5, Enum = 6, Typedef = 8, Volatile = 9, Const = 10, Restrict = 11;
    private const int FunctionPrototype = 13, Variable = 14, DataSection = 15, Float = 16, DeclarationTag = 17, TypeTag = 18, Enum64 = 19;
    private const int DeepestNesting = 32;
    private readonly string _subject;
    private readonly byte[] _strings = [];
    private readonly List<Entry> _types = [new(0, 0, 0, [], false)];

    /// <param name="bytes">As in section .BTF or as the kernel hands it out; empty for no types.</param>
    /// <param name="subject">Whose it is, for messages.</param>
    /// <exception cref="KernelException">The bytes are no BTF.</exception>
    public TypeInformation(ReadOnlySpan<byte> bytes, string subject)
    {
        _subject = subject;
        if (bytes.IsEmpty)
        {
            return;
        }

        try
        {
            if (MemoryMarshal.Read<ushort>(bytes) != Magic)
            {
                throw Malformed("it does not begin as such");
            }

            var header = BitConverter.ToInt32(bytes[4..]);
            var types = bytes.Slice(header + BitConverter.ToInt32(bytes[8..]), BitConverter.ToInt32(bytes[12..]));
            _strings = bytes.Slice(header + BitConverter.ToInt32(bytes[16..]), BitConverter.ToInt32(bytes[20..])).ToArray();
            while (types.Length > 0)
            {
                types = types[Add(MemoryMarshal.Cast<byte, uint>(types))..];
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Malformed("it is cut short");
        }
    }

    /// <summary>The shape of a type by number; null for number 0 and when there is no information.</summary>
    public TypeShape? Shape(uint id) => id == 0 || _types.Count == 1 ? null : Shape(id, 0);

    /// <summary>The shape of a structure by name; null when there is none.</summary>
    public TypeShape? Structure(string name)
    {
        var index = _types.FindIndex(type => type.Kind == Struct && Text(type.Name) == name);
        return index < 0 ? null : Shape((uint)index);
    }

    private TypeShape Shape(uint id, int depth)
    {
        if (id >= _types.Count || depth > DeepestNesting)
        {
            throw Malformed($"type {id} is not in it, or contains itself");
        }

        var type = _types[(int)id];
        switch (type.Kind)
        {
            case 0:
                return new TypeShape("void", 0);
            case Typedef:
                var named = Shape(type.SizeOrType, depth + 1);
                return named.Members is null && named.Element is null ? named with { Name = Text(type.Name) } : named;
            case Volatile or Const or Restrict or TypeTag:
                return Shape(type.SizeOrType, depth + 1);
            case Array:
                var element = Shape(type.Trailing[0], depth + 1);
                return new TypeShape($"{element.Name}[{type.Trailing[2]}]", element.Size * type.Trailing[2]) { Element = element };
            case Struct or Union:
                return new TypeShape($"{(type.Kind == Struct ? "struct" : "union")} {Text(type.Name)}", type.SizeOrType) { Members = Members(type, depth), IsUnion = type.Kind == Union };
            case Pointer:
                return new TypeShape("pointer", 8);
            case Integer or Enum or Enum64 or Float:
                return new TypeShape(type.Kind is Enum or Enum64 ? $"enum {Text(type.Name)}" : Text(type.Name), type.SizeOrType);
            default:
                throw Malformed($"type {id} of kind {type.Kind} has no size");
        }
    }

    private MemberShape[] Members(Entry type, int depth) =>
        [.. type.Trailing.Chunk(3).Select(member => new MemberShape(
            Text(member[0]), type.HasBitFields ? member[2] & 0xFFFFFF : member[2], type.HasBitFields ? member[2] >> 24 : 0, Shape(member[1], depth + 1)))];

    private int Add(ReadOnlySpan<uint> words)
    {
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
        _types.Add(new Entry(words[0], kind, words[2], words.Slice(3, trailing).ToArray(), words[1] >> 31 != 0));
        return (3 + trailing) * sizeof(uint);
    }

    private string Text(uint offset)
    {
        var text = _strings.AsSpan((int)offset);
        return Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]);
    }

    private KernelException Malformed(string why) => new($"{_subject}: its type information (BTF) cannot be read: {why}");

    private sealed record Entry(uint Name, int Kind, uint SizeOrType, uint[] Trailing, bool HasBitFields);
}
