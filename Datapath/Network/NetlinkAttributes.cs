using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Network;

/// <summary>Reads a sequence of attributes. A ref struct over the received bytes: nothing is copied.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The attribute's type, without flags.</summary>
    public ushort Type { get; private set; }

    /// <summary>The attribute's value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public readonly uint Number => MemoryMarshal.Read<uint>(Value);

    public readonly string Text => Encoding.UTF8.GetString(Value.TrimEnd((byte)0));

    public readonly IPAddress Address => new(Value);

    /// <summary>The MAC address, zero for an interface type without one.</summary>
    public readonly MacAddress Mac => Value.Length == 6 ? MacAddress.From(Value) : default;

    /// <summary>Steps to the next one; false at the end.</summary>
    public bool Next()
    {
        if (_rest.Length < 4)
        {
            return false;
        }

        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length)
        {
            throw new KernelException($"netlink: an attribute claims {length} bytes where {_rest.Length} are left");
        }

        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & NetlinkConstants.TypeMask);
        Value = _rest[4..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
