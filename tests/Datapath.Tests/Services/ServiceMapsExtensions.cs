using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Services;

/// <summary>Services written by hand.</summary>
internal static class ServiceMapsExtensions
{
    private static uint _lastId;

    /// <summary>Enters a frontend with a pool of its own for clients on both sides.</summary>
    public static ServiceEntry Add(
        this ServiceMaps maps, IPEndPoint frontend, byte protocol, IReadOnlyList<IPEndPoint> backends, ServiceFlags flags, uint affinityTicks = 0, uint tableSize = 0)
    {
        var pool = new ServicePool(NextId(), (uint)backends.Count, tableSize);
        for (var i = 0; i < backends.Count; i++)
        {
            var backend = NextId();
            maps.Backends.Put(backend, new BackendEntry(IpAddressKey.From(backends[i].Address), Port(backends[i]), protocol, BackendFlags.None));
            maps.Pools.Put(new PoolSlot(pool.Id, (uint)i), backend);
        }

        var id = NextId();
        var entry = new ServiceEntry { Frontend = id, Group = id, Flags = flags, AffinityTicks = affinityTicks, Inside = pool, Outside = pool };
        var key = Key(frontend, protocol);
        maps.Frontends.Put(id, key);
        maps.Services.Put(key, entry);
        return entry;
    }

    public static ServiceKey Key(IPEndPoint frontend, byte protocol) => new(IpAddressKey.From(frontend.Address), Port(frontend), protocol);

    private static uint NextId() => Interlocked.Increment(ref _lastId);

    private static ushort Port(IPEndPoint endpoint) => BinaryPrimitives.ReverseEndianness((ushort)endpoint.Port);
}
