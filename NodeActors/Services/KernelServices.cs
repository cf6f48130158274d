using Axoneme.Datapath;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Services;

/// <summary>What pinned maps hold of services from before a restart. Tables are counted, not read.</summary>
internal sealed record KernelServices(
    IReadOnlyList<KeyValuePair<ServiceKey, ServiceEntry>> Services,
    IReadOnlyDictionary<uint, ServiceKey> Frontends,
    IReadOnlyDictionary<uint, BackendEntry> Backends,
    IReadOnlyDictionary<uint, List<(uint Index, uint Backend)>> Pools,
    IReadOnlyDictionary<uint, List<uint>> Pieces,
    IReadOnlyList<SourceRangeKey> Ranges)
{
    /// <exception cref="KernelException">A map cannot be read.</exception>
    public static KernelServices Read(ServiceMaps maps)
    {
        var pools = new Dictionary<uint, List<(uint, uint)>>();
        maps.Pools.Scan((keys, values) =>
        {
            for (var i = 0; i < keys.Length; i++)
            {
                ListOf(pools, keys[i].Pool).Add((keys[i].Index, values[i]));
            }
        });
        var pieces = new Dictionary<uint, List<uint>>();
        maps.Maglev.Scan((keys, _) =>
        {
            foreach (var key in keys)
            {
                ListOf(pieces, key.Pool).Add(key.Piece);
            }
        });
        return new KernelServices(
            maps.Services.Entries(), maps.Frontends.Entries().ToDictionary(), maps.Backends.Entries().ToDictionary(), pools, pieces,
            [.. maps.SourceRanges.Entries().Select(pair => pair.Key)]);
    }

    /// <summary>The backends of a pool, or null when one is missing.</summary>
    public uint[]? PoolOf(ServicePool pool)
    {
        if (!Pools.TryGetValue(pool.Id, out var slots) || slots.Count != pool.Count)
        {
            return null;
        }

        var ids = new uint[pool.Count];
        foreach (var (index, backend) in slots)
        {
            if (index >= ids.Length || !Backends.ContainsKey(backend))
            {
                return null;
            }

            ids[index] = backend;
        }

        return ids;
    }

    private static List<T> ListOf<T>(Dictionary<uint, List<T>> lists, uint key) => lists.TryGetValue(key, out var list) ? list : lists[key] = [];
}
