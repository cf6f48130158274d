using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>
/// An address as maps hold it (<c>struct ip_address</c>): 16 bytes in network byte order, IPv4 as ::ffff:a.b.c.d.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct IpAddressKey(uint Word0, uint Word1, uint Word2, uint Word3)
{
    /// <summary>Whether it is an IPv4 address.</summary>
    public bool IsIPv4 => this == FromIPv4(Word3);

    /// <summary>Converts an IPv4 or IPv6 address.</summary>
    public static IpAddressKey From(System.Net.IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == sizeof(uint) ? FromIPv4(MemoryMarshal.Read<uint>(bytes)) : MemoryMarshal.Read<IpAddressKey>(bytes);
    }

    /// <summary>Converts an IPv4 address as the kernel has it, in network byte order.</summary>
    public static IpAddressKey FromIPv4(uint address) => new(0, 0, BitConverter.IsLittleEndian ? 0xFFFF0000 : 0x0000FFFF, address);

    /// <summary>The address, IPv4 where it is one.</summary>
    public System.Net.IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        MemoryMarshal.Write(bytes, in this);
        var address = new System.Net.IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    public override string ToString() => ToIPAddress().ToString();
}
