using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Addresses;

/// <summary>
/// Hands out the addresses of one block. The block's own address, its first address (the router's) and an IPv4 block's last
/// (broadcast) are never given. The search goes on where it left off and wraps, so a released address comes back as late as
/// possible. Safe for several threads; durability is the endpoint journal's, which <see cref="Reserve"/> restores from.
/// </summary>
internal sealed class AddressPool
{
    private readonly Lock _lock = new();
    private readonly HashSet<UInt128> _inUse = [];
    private readonly UInt128 _base;
    private readonly UInt128 _last;
    private UInt128 _next = FirstOffset;

    /// <summary>Offset 0 names the block, offset 1 is the router.</summary>
    private static readonly UInt128 FirstOffset = 2;

    /// <exception cref="NodeAgentException">The block has no room for a router and a pod.</exception>
    public AddressPool(IPNetwork network)
    {
        Network = network;
        _base = ToNumber(network.BaseAddress);
        var isIPv4 = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        var hostBits = (isIPv4 ? 32 : 128) - network.PrefixLength;
        if (hostBits < 2)
        {
            throw new NodeAgentException($"pod CIDR {network}: too small; a block needs at least 4 addresses ({(isIPv4 ? "/30" : "/126")} or shorter prefix)");
        }

        var all = hostBits == 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;
        _last = isIPv4 ? all - 1 : all;
        Router = ToAddress(_base + 1);
    }

    public IPNetwork Network { get; }

    /// <summary>The node's own address in the block: the source of what the host sends to its pods.</summary>
    public IPAddress Router { get; }

    /// <summary>Fill for status; a capacity beyond 64 bits reads as the largest number.</summary>
    public AddressPoolView View
    {
        get
        {
            lock (_lock)
            {
                return new AddressPoolView(Network.ToString(), Capacity, (ulong)_inUse.Count);
            }
        }
    }

    private ulong Capacity => (ulong)UInt128.Min(_last - FirstOffset + 1, ulong.MaxValue);

    /// <summary>Takes a free address.</summary>
    /// <exception cref="AddressPoolExhaustedException">Every address is in use.</exception>
    public IPAddress Allocate()
    {
        lock (_lock)
        {
            if ((ulong)_inUse.Count >= Capacity)
            {
                throw new AddressPoolExhaustedException(Network, Capacity);
            }

            while (!_inUse.Add(_next))
            {
                Advance();
            }

            var address = ToAddress(_base + _next);
            Advance();
            return address;
        }
    }

    /// <summary>Marks an address as in use that was given out by an earlier run. False when it is not this block's to give, or taken.</summary>
    public bool Reserve(IPAddress address)
    {
        lock (_lock)
        {
            if (!Network.Contains(address) || ToNumber(address) - _base is var offset && (offset < FirstOffset || offset > _last) || !_inUse.Add(offset))
            {
                return false;
            }

            if (offset >= _next)
            {
                _next = offset;
                Advance();
            }

            return true;
        }
    }

    /// <summary>Gives an address back; false when it was not in use.</summary>
    public bool Release(IPAddress address)
    {
        lock (_lock)
        {
            return Network.Contains(address) && _inUse.Remove(ToNumber(address) - _base);
        }
    }

    private void Advance() => _next = _next == _last ? FirstOffset : _next + 1;

    private static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;
        address.TryWriteBytes(isIPv4 ? bytes[12..] : bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private IPAddress ToAddress(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(Network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? bytes[12..] : bytes);
    }
}
