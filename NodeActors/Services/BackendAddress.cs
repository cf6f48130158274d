using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Services;

/// <summary>Where a backend listens. The order is the same on all nodes, for tables are made in it.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Port">In host byte order.</param>
/// <param name="Protocol">Its IP number.</param>
internal readonly record struct BackendAddress(IpAddressKey Address, ushort Port, byte Protocol) : IComparable<BackendAddress>
{
    public int CompareTo(BackendAddress other)
    {
        var order = Compare(Address.Word0, other.Address.Word0);
        order = order != 0 ? order : Compare(Address.Word1, other.Address.Word1);
        order = order != 0 ? order : Compare(Address.Word2, other.Address.Word2);
        order = order != 0 ? order : Compare(Address.Word3, other.Address.Word3);
        order = order != 0 ? order : Port.CompareTo(other.Port);
        return order != 0 ? order : Protocol.CompareTo(other.Protocol);
    }

    public BackendEntry ToEntry(BackendFlags flags) => new(Address, ServiceEnd.Swap(Port), Protocol, flags);

    public static BackendAddress From(BackendEntry entry) => new(entry.Address, ServiceEnd.Swap(entry.Port), entry.Protocol);

    public override string ToString() => ServiceEnd.Text(Address, Port, Protocol);

    private static int Compare(uint left, uint right) => BitConverter.IsLittleEndian
        ? BinaryPrimitives.ReverseEndianness(left).CompareTo(BinaryPrimitives.ReverseEndianness(right))
        : left.CompareTo(right);
}

/// <summary>Ends of services between maps, records and text.</summary>
internal static class ServiceEnd
{
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Sctp = 132;

    public static ServiceKey Key(IPAddress address, uint port, byte protocol) => new(IpAddressKey.From(address), Swap((ushort)port), protocol);

    /// <summary>From network to host byte order or back.</summary>
    public static ushort Swap(ushort port) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;

    /// <summary>Kubernetes' name of a protocol; TCP when it gives none, null for one that services do not have.</summary>
    public static byte? Protocol(string name) => name switch
    {
        "" or "TCP" => Tcp,
        "UDP" => Udp,
        "SCTP" => Sctp,
        _ => null,
    };

    public static string Text(ServiceKey key) => Text(key.Address, Swap(key.Port), key.Protocol);

    public static string Text(IpAddressKey address, ushort port, byte protocol) => $"{new IPEndPoint(address.ToIPAddress(), port)}/{Name(protocol)}";

    private static string Name(byte protocol) => protocol switch
    {
        Tcp => "TCP",
        Udp => "UDP",
        Sctp => "SCTP",
        _ => $"{protocol}",
    };
}
