using Axoneme.Datapath;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>A process that dies between two writes.</summary>
internal sealed class KilledException : Exception;

/// <summary>Maps of services in memory, whose every single write is told of and may be the last one.</summary>
internal sealed class WatchedServiceMaps
{
    public WatchedServiceMaps(
        uint services = 4096, uint backends = 4096, uint pools = 4096, uint maglev = 4096, uint ranges = 4096)
    {
        Inner = new ServiceMaps
        {
            Services = new InMemoryKernelMap<ServiceKey, ServiceEntry>("services", services),
            Frontends = new InMemoryKernelMap<uint, ServiceKey>("frontends", services),
            Pools = new InMemoryKernelMap<PoolSlot, uint>("service_pools", pools),
            Backends = new InMemoryKernelMap<uint, BackendEntry>("backends", backends),
            Maglev = new InMemoryKernelMap<MaglevKey, MaglevPiece>("maglev", maglev),
            SourceRanges = new InMemoryKernelMap<SourceRangeKey, uint>("source_ranges", ranges),
            NodePorts = new InMemoryKernelMap<NodePortKey, uint>("node_ports", 64),
            Affinity = new InMemoryKernelMap<AffinityKey, AffinityEntry>("affinity", 64),
            SocketPeers = new InMemoryKernelMap<SocketPeerKey, SocketPeer>("socket_peers", 64),
        };
        Maps = Inner with
        {
            Services = new Map<ServiceKey, ServiceEntry>(this, Inner.Services),
            Frontends = new Map<uint, ServiceKey>(this, Inner.Frontends),
            Pools = new Map<PoolSlot, uint>(this, Inner.Pools),
            Backends = new Map<uint, BackendEntry>(this, Inner.Backends),
            Maglev = new Map<MaglevKey, MaglevPiece>(this, Inner.Maglev),
            SourceRanges = new Map<SourceRangeKey, uint>(this, Inner.SourceRanges),
        };
    }

    public ServiceMaps Inner { get; }

    public ServiceMaps Maps { get; }

    /// <summary>Called after every single write.</summary>
    public Action After { get; set; } = () => { };

    /// <summary>Single writes until the process dies; null: it lives.</summary>
    public int? Lifetime { get; set; }

    /// <summary>A map that refuses everything.</summary>
    public string? Refusing { get; set; }

    /// <summary>Single writes since the last time this was set to 0.</summary>
    public int Writes { get; set; }

    private void Write(string map, Action write)
    {
        if (Refusing == map)
        {
            throw KernelException.For($"map {map}", "put", 12);
        }

        if (Lifetime is { } left)
        {
            Lifetime = left > 0 ? left - 1 : throw new KilledException();
        }

        write();
        Writes++;
        After();
    }

    private sealed class Map<TKey, TValue>(WatchedServiceMaps owner, IKernelMap<TKey, TValue> inner) : IKernelMap<TKey, TValue>
        where TKey : unmanaged
        where TValue : unmanaged
    {
        public string Name => inner.Name;

        public uint Capacity => inner.Capacity;

        public bool TryGet(in TKey key, out TValue value) => inner.TryGet(key, out value);

        public void Put(in TKey key, in TValue value)
        {
            var (k, v) = (key, value);
            owner.Write(Name, () => inner.Put(k, v));
        }

        public bool Delete(in TKey key)
        {
            var (k, was) = (key, false);
            owner.Write(Name, () => was = inner.Delete(k));
            return was;
        }

        public void PutMany(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                Put(keys[i], values[i]);
            }
        }

        public void DeleteMany(ReadOnlySpan<TKey> keys)
        {
            foreach (var key in keys)
            {
                Delete(key);
            }
        }

        public IReadOnlyList<KeyValuePair<TKey, TValue>> Entries() => inner.Entries();
    }
}
