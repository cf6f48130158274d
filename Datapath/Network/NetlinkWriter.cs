using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Axoneme.Datapath.Network;

/// <summary>Writes netlink messages one after the other into a growing buffer. Everything is aligned to 4 bytes.</summary>
internal sealed class NetlinkWriter
{
    private byte[] _buffer = new byte[1024];
    private int _length;
    private int _message = -1;

    /// <summary>The finished messages.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Begins a message; the previous one is finished.</summary>
    public NetlinkWriter Begin(ushort type, ushort flags, uint sequence)
    {
        _message = _length;
        Write(new NetlinkHeader { Type = type, Flags = flags, Sequence = sequence });
        return Finish();
    }

    /// <summary>Appends the message's fixed part.</summary>
    public NetlinkWriter Body<T>(T body)
        where T : unmanaged
    {
        Write(body);
        return Finish();
    }

    /// <summary>Appends an attribute.</summary>
    public NetlinkWriter Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        Write(new AttributeHeader { Length = (ushort)(Unsafe.SizeOf<AttributeHeader>() + value.Length), Type = type });
        value.CopyTo(Reserve((value.Length + 3) & ~3));
        return Finish();
    }

    public NetlinkWriter Attribute<T>(ushort type, T value)
        where T : unmanaged => Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    public NetlinkWriter Attribute(ushort type, IPAddress value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, out var length);
        return Attribute(type, bytes[..length]);
    }

    /// <summary>A text ending in zero.</summary>
    public NetlinkWriter Attribute(ushort type, string value) => Attribute(type, Encoding.UTF8.GetBytes(value + '\0'));

    /// <summary>An attribute that holds what <paramref name="contents"/> writes.</summary>
    public NetlinkWriter Nest(ushort type, Action<NetlinkWriter> contents)
    {
        var start = _length;
        Write(new AttributeHeader { Type = type });
        contents(this);
        var length = (ushort)(_length - start);
        MemoryMarshal.Write(_buffer.AsSpan(start), in length);
        return Finish();
    }

    private NetlinkWriter Finish()
    {
        var length = (uint)(_length - _message);
        MemoryMarshal.Write(_buffer.AsSpan(_message), in length);
        return this;
    }

    private void Write<T>(T value)
        where T : unmanaged => MemoryMarshal.Write(Reserve(Unsafe.SizeOf<T>()), in value);

    private Span<byte> Reserve(int length)
    {
        if (_length + length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        }

        _length += length;
        return _buffer.AsSpan(_length - length, length);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttributeHeader
    {
        public ushort Length;
        public ushort Type;
    }
}
