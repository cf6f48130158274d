using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Services;

/// <summary>Taking over what the kernel holds from before a restart.</summary>
internal sealed partial class ServiceProgrammer
{
    /// <summary>Backends of no pool: those that were terminating, and those that were about to go.</summary>
    private readonly Dictionary<BackendAddress, List<InstalledBackend>> _spares = [];
    private readonly List<Leaver> _strangers = [];
    private readonly HashSet<InstalledGroup> _orphans = [];

    /// <summary>
    /// What is equal to what is wanted keeps its ids and is not written again; what is not stays in force until it is replaced or, when nobody asks for
    /// it, until <see cref="RemoveStrangers"/>.
    /// </summary>
    public void Adopt(KernelServices kernel)
    {
        foreach (var (id, key) in kernel.Frontends)
        {
            _frontendKeys.Adopt(id, key);
        }

        foreach (var (id, backend) in kernel.Backends)
        {
            _backends.Adopt(id, backend);
        }

        var owners = new Dictionary<uint, InstalledGroup>();
        var pools = new Dictionary<uint, InstalledPool>();
        foreach (var (key, entry) in kernel.Services)
        {
            _services.Adopt(key, entry);
            if (!_groups.TryGetValue(entry.Group, out var group))
            {
                _groups[entry.Group] = group = new InstalledGroup(entry.Group);
                _orphans.Add(group);
            }

            var frontend = new InstalledFrontend(key, group) { Entry = entry };
            if (kernel.Frontends.TryGetValue(entry.Frontend, out var named) && named == key)
            {
                frontend.Id = _frontendIds[key] = new FrontendId(entry.Frontend, key);
            }

            _inForce[key] = group.Frontends[key] = frontend;
            frontend.Inside = Adopt(kernel, group, entry.Inside, owners, pools);
            frontend.Outside = Adopt(kernel, group, entry.Outside, owners, pools);
        }

        foreach (var pool in pools.Values)
        {
            _pools.Adopt(pool);
        }

        AdoptRest(kernel, owners, pools);
    }

    /// <summary>All owners are known: what the kernel holds for nobody goes, but for what stays in force because its successor does not fit.</summary>
    public void RemoveStrangers()
    {
        if (_orphans.Count > 0)
        {
            var awaited = _refused.Values.SelectMany(refused => refused.Plan.Frontends).Select(frontend => frontend.Key).ToHashSet();
            foreach (var orphan in _orphans.Where(group => !group.Frontends.Keys.Any(awaited.Contains)).ToArray())
            {
                Remove(orphan);
            }
        }

        if (_strangers.Count == 0 && _spares.Count == 0)
        {
            _pools.GiveUpStrays();
            return;
        }

        var inUse = _inForce.Values.Select(frontend => frontend.Id).ToHashSet();
        foreach (var stranger in _strangers.Where(stranger => !inUse.Contains(stranger)).Concat(_spares.Values.SelectMany(spares => spares)))
        {
            Leave(stranger);
        }

        _strangers.Clear();
        _spares.Clear();
        _pools.GiveUpStrays();
    }

    private InstalledPool? Adopt(
        KernelServices kernel, InstalledGroup group, ServicePool reference, Dictionary<uint, InstalledGroup> owners, Dictionary<uint, InstalledPool> pools)
    {
        if (reference.Count == 0)
        {
            return null;
        }

        if (!pools.TryGetValue(reference.Id, out var pool))
        {
            // One that is not whole stays where it is, among what is nobody's, until its frontends point elsewhere.
            if (kernel.PoolOf(reference) is not { } ids || ids.Any(id => owners.GetValueOrDefault(id, group) != group))
            {
                return null;
            }

            var addresses = Array.ConvertAll(ids, id => BackendAddress.From(kernel.Backends[id]));
            foreach (var (id, address) in ids.Zip(addresses))
            {
                owners[id] = group;
                group.Backends.TryAdd(address, new InstalledBackend(id, address) { Group = group, IsTerminating = kernel.Backends[id].Flags.HasFlag(BackendFlags.Terminating) });
            }

            var list = BackendList.InOrder(addresses);
            var tableSize = TableOf(kernel, reference.Id, list);
            var isWhole = tableSize is not null && ids.Zip(addresses).All(pair => group.Backends[pair.Second].Id == pair.First);
            pools[reference.Id] = pool = new InstalledPool(reference.Id, group, isWhole ? list : null, ids)
            {
                TableSize = tableSize ?? (kernel.Pieces[reference.Id].Max() + 1) * MaglevPiece.Length,
            };
            if (isWhole)
            {
                group.Pools.TryAdd(list, pool);
            }
        }

        if (pool.Ids.Length != reference.Count)
        {
            return null;
        }

        pool.Users++;
        return pool;
    }

    /// <summary>0 for a pool without a table, null when its table would be made otherwise today.</summary>
    private uint? TableOf(KernelServices kernel, uint pool, BackendList list) => kernel.Pieces.GetValueOrDefault(pool)?.Count switch
    {
        null => 0,
        var pieces => pieces == InstalledPool.PiecesOf(_options.MaglevTableSize) && _pools.IsCurrentTable(pool, list, _options.MaglevTableSize)
            ? _options.MaglevTableSize
            : null,
    };

    private void AdoptRest(KernelServices kernel, Dictionary<uint, InstalledGroup> owners, Dictionary<uint, InstalledPool> pools)
    {
        foreach (var (id, entry) in kernel.Backends.Where(pair => !owners.ContainsKey(pair.Key)))
        {
            var spare = new InstalledBackend(id, BackendAddress.From(entry)) { IsTerminating = entry.Flags.HasFlag(BackendFlags.Terminating) };
            if (!_spares.TryGetValue(spare.Address, out var spares))
            {
                _spares[spare.Address] = spares = [];
            }

            spares.Add(spare);
        }

        foreach (var (id, key) in kernel.Frontends.Where(pair => _frontendIds.GetValueOrDefault(pair.Value)?.Id != pair.Key))
        {
            var frontend = new FrontendId(id, key);
            _frontendIds.TryAdd(key, frontend);
            _strangers.Add(frontend);
        }

        foreach (var key in kernel.Ranges)
        {
            _ranges.Adopt(key, 0);
            if (_groups.TryGetValue(key.Group, out var group))
            {
                group.Ranges[key] = new InstalledRange(key, group);
            }
            else
            {
                _strangers.Add(new InstalledRange(key, null));
            }
        }

        _pools.Stray(
            kernel.Pools.Where(pair => !pools.ContainsKey(pair.Key)).SelectMany(pair => pair.Value.Select(slot => new PoolSlot(pair.Key, slot.Index))),
            kernel.Pieces.Where(pair => !pools.ContainsKey(pair.Key)).SelectMany(pair => pair.Value.Select(piece => new MaglevKey(pair.Key, piece))));
    }

    private InstalledBackend? TakeSpare(BackendAddress address)
    {
        if (!_spares.TryGetValue(address, out var spares))
        {
            return null;
        }

        var spare = spares[^1];
        spares.RemoveAt(spares.Count - 1);
        if (spares.Count == 0)
        {
            _spares.Remove(address);
        }

        return spare;
    }
}
