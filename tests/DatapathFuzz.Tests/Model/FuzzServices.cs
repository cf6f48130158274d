using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>A frontend with one backend or none, so that it is known what a packet to it becomes.</summary>
internal sealed record FuzzService(IPEndPoint Frontend, byte Protocol, string? Backend, ushort BackendPort, ServiceFlags Flags)
{
    public int Family => Frontend.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4 : 6;
}

/// <summary>Services of a world: for clients on both sides, with backends here and elsewhere.</summary>
internal sealed class FuzzServices
{
    /// <summary>No other flow has them: who talks to a backend from one of these was brought there, or named a frontend.</summary>
    public static readonly ushort[] ClientPorts = [45000, 2222];
    public const ushort NamedPort = 30090;
    private readonly ServiceMaps _maps;
    private readonly FuzzWorld _world;

    public FuzzServices(FuzzNode node, FuzzWorld world, Random random)
    {
        (_maps, _world) = (node.Datapath.Services, world);
        All = [.. Enumerable.Range(1, 12).Select(number => Make(number, random)).OfType<FuzzService>()];
    }

    public IReadOnlyList<FuzzService> All { get; }

    /// <summary>Its backend as it is now.</summary>
    public Place? BackendOf(FuzzService service) => _world.Places.FirstOrDefault(place => place.Party.Name == service.Backend);

    /// <summary>Writes them in the place of an earlier world's.</summary>
    public void Write()
    {
        Clear(_maps.Services);
        Clear(_maps.Pools);
        Clear(_maps.Backends);
        Clear(_maps.NodePorts);
        foreach (var (service, i) in All.Select((service, i) => (service, i)))
        {
            var id = (uint)i + 1;
            var backend = BackendOf(service);
            var pool = new ServicePool(id, backend is null ? 0u : 1u, 0);
            if (backend is not null)
            {
                _maps.Backends.Put(id, new BackendEntry(IpAddressKey.From(backend.Address(service.Family)!), Order(service.BackendPort), service.Protocol, BackendFlags.None));
                _maps.Pools.Put(new PoolSlot(id, 0), id);
            }

            _maps.Services.Put(new ServiceKey(IpAddressKey.From(service.Frontend.Address), Order((ushort)service.Frontend.Port), service.Protocol), new ServiceEntry { Frontend = id, Group = id, Flags = service.Flags, Inside = pool, Outside = pool });
        }

        _maps.NodePorts.Put(new NodePortKey(Order(NamedPort), IpNumbers.Tcp), 1);
        _maps.NodePorts.Put(new NodePortKey(Order(NamedPort), IpNumbers.Udp), 1);
    }

    /// <summary>The same packet to another destination.</summary>
    public static byte[] Redirected(byte[] frame, IPAddress address, ushort port)
    {
        var changed = frame.ToArray();
        var read = StrictReader.Read(frame);
        address.GetAddressBytes().CopyTo(changed, read.Family == 4 ? 30 : 38);
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(read.TransportOffset + 2), port);
        Checksums.Write(changed);
        return changed;
    }

    /// <summary>A whole packet without options gets the one that names a frontend, with something wrong in it now and then.</summary>
    public static byte[] Naming(byte[] frame, IPEndPoint frontend, Random random)
    {
        byte[] port = [(byte)(frontend.Port >> 8), (byte)frontend.Port];
        var four = frontend.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        byte[] option = four ? [0x9a, 8, .. port, .. frontend.Address.GetAddressBytes()] : [frame[20], 2, 0x1b, 20, .. frontend.Address.GetAddressBytes(), .. port, 0, 0];
        if (random.Next(4) == 0)
        {
            option[random.Next(four ? 0 : 2, option.Length)] ^= (byte)(1 << random.Next(8));
        }

        var at = four ? 34 : 54;
        byte[] changed = [.. frame[..at], .. option, .. frame[at..]];
        var lengthAt = four ? 16 : 18;
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(lengthAt), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(lengthAt)) + option.Length));
        if (four)
        {
            changed[14] += 2;
            changed[24] = changed[25] = 0;
            var sum = 0u;
            for (var i = 14; i < 42; i += 2)
            {
                sum += BinaryPrimitives.ReadUInt16BigEndian(changed.AsSpan(i));
            }

            BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(24), (ushort)~((sum & 0xFFFF) + (sum >> 16)));
        }
        else
        {
            changed[20] = 60;
        }

        return changed;
    }

    private FuzzService? Make(int number, Random random)
    {
        var family = random.Next(2) == 0 ? 4 : 6;
        var outside = random.Next(2) == 0;
        var address = outside ? (family == 4 ? FuzzNode.NodeIPv4 : FuzzNode.NodeIPv6) : IPAddress.Parse(family == 4 ? $"172.20.0.{number}" : $"fd00:96::{number:x}");
        var pods = _world.Places.Where(place => place.Kind is PlaceKind.LocalPod or PlaceKind.RemotePod && place.Address(family) is not null).ToList();
        var backend = random.Next(8) == 0 || pods.Count == 0 ? null : pods[random.Next(pods.Count)];
        var flags = (outside ? ServiceFlags.External : ServiceFlags.Internal) | (random.Next(3) == 0 ? ServiceFlags.DirectReturn : 0);
        ushort[] ports = [80, 443, 8080, 53];
        return new FuzzService(new IPEndPoint(address, outside ? 30100 + number : 80), random.Next(3) == 0 ? IpNumbers.Udp : IpNumbers.Tcp, backend?.Party.Name, ports[random.Next(ports.Length)], flags);
    }

    private static ushort Order(ushort port) => BinaryPrimitives.ReverseEndianness(port);

    private static void Clear<TKey, TValue>(IKernelMap<TKey, TValue> map)
        where TKey : unmanaged
        where TValue : unmanaged => map.DeleteMany([.. map.Entries().Select(entry => entry.Key)]);
}
