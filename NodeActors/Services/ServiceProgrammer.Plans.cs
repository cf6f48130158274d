using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;

namespace Axoneme.NodeActors.Services;

/// <summary>How a plan becomes entries.</summary>
internal sealed partial class ServiceProgrammer
{
    private void Try(ServiceOwner owner, ServicePlan plan)
    {
        if (Refusal(plan) is { } refusal)
        {
            _refused[owner] = (plan, $"{owner}: {refusal.Problem}; what was in force stays", refusal.MayFit);
            return;
        }

        _refused.Remove(owner);
        var before = _groupsOf.GetValueOrDefault(owner) ?? [];
        var after = plan.Groups.Select(Install).ToList();
        foreach (var gone in before.Except(after))
        {
            Remove(gone);
        }

        if (after.Count > 0)
        {
            _groupsOf[owner] = after;
        }
        else
        {
            _groupsOf.Remove(owner);
        }
    }

    /// <summary>Why a plan cannot be installed, null when it can.</summary>
    private (string Problem, bool MayFit)? Refusal(ServicePlan plan)
    {
        var (frontends, frontendIds, backends, slots, pieces, ranges) = (0, 0, 0, 0, 0, 0);
        foreach (var group in plan.Groups)
        {
            var installed = Find(group);
            var lists = group.Frontends.Select(frontend => frontend.Inside).Concat(group.Frontends.Select(frontend => frontend.Outside)).Distinct();
            foreach (var list in lists)
            {
                if (list.Count > ServicePool.MaxCount)
                {
                    return ($"port {group.Key.Port} has {list.Count} backends, at most {ServicePool.MaxCount} can be served", MayFit: false);
                }

                var pool = installed?.Pools.GetValueOrDefault(list);
                slots += pool is null ? list.Count : 0;
                pieces += pool is null or { TableSize: 0 } && TableSizeFor(group.Algorithm, list) is > 0 and var size && group.Frontends.Any(frontend => frontend.Outside.Equals(list))
                    ? InstalledPool.PiecesOf(size)
                    : 0;
            }

            frontends += group.Frontends.Count(frontend => !_inForce.ContainsKey(frontend.Key));
            frontendIds += group.Frontends.Count(frontend => !_frontendIds.ContainsKey(frontend.Key));
            backends += installed is null ? group.Backends.Length : group.Backends.Count(backend => !installed.Backends.ContainsKey(backend.Address));
            ranges += installed is null ? group.Ranges.Length : group.Ranges.Count(range => !installed.Ranges.ContainsKey(SourceRangeKey.From(installed.Number, range)));
        }

        var full = Full(_services.Status.Name, frontends, _services.Count, _services.Capacity)
            ?? Full(_frontendKeys.Status.Name, frontendIds, _frontendKeys.Count, _frontendKeys.Capacity)
            ?? Full(_backends.Status.Name, backends, _backends.Count, _backends.Capacity)
            ?? Full("service_pools", slots, _pools.Slots, _pools.SlotCapacity)
            ?? Full("maglev", pieces, _pools.Pieces, _pools.PieceCapacity)
            ?? Full(_ranges.Status.Name, ranges, _ranges.Count, _ranges.Capacity);
        return full is null ? null : (full, MayFit: true);
    }

    private static string? Full(string map, int more, int count, uint capacity) => more > 0 && count + more > capacity
        ? $"map {map} is full: {more} more entries do not fit ({count} of {capacity} in use); {MapSizing.OptionOf(map)} makes it larger"
        : null;

    /// <summary>The group that a plan's port has: under its key or, after a restart, the one that its frontends pointed to.</summary>
    private InstalledGroup? Find(GroupPlan plan) => _groupOf.GetValueOrDefault(plan.Key)
        ?? plan.Frontends.Select(frontend => _inForce.GetValueOrDefault(frontend.Key)?.Group).FirstOrDefault(group => group is { Key: null });

    private InstalledGroup Install(GroupPlan plan)
    {
        var group = Find(plan);
        if (group is null)
        {
            group = new InstalledGroup(_ids.Next(_groups.ContainsKey));
            _groups[group.Number] = group;
        }

        _orphans.Remove(group);
        group.Key = plan.Key;
        _groupOf[plan.Key] = group;
        SetBackends(group, plan);
        SetRanges(group, plan);
        foreach (var frontend in plan.Frontends)
        {
            Point(group, frontend, plan.Algorithm);
        }

        var wanted = plan.Frontends.Select(frontend => frontend.Key).ToHashSet();
        foreach (var gone in group.Frontends.Values.Where(frontend => !wanted.Contains(frontend.Key)).ToArray())
        {
            Remove(gone);
        }

        return group;
    }

    private void SetBackends(InstalledGroup group, GroupPlan plan)
    {
        group.Turn++;
        foreach (var (address, isTerminating) in plan.Backends)
        {
            if (!group.Backends.TryGetValue(address, out var backend))
            {
                group.Backends[address] = backend = TakeSpare(address) ?? new InstalledBackend(_ids.Next(_backends.Desired.ContainsKey), address);
            }

            (backend.Group, backend.Turn) = (group, group.Turn);
            backend.Stay();
            Set(backend, isTerminating);
        }

        if (group.Backends.Count > plan.Backends.Length)
        {
            foreach (var gone in group.Backends.Values.Where(backend => backend.Leave is null && backend.Turn != group.Turn))
            {
                Leave(group, gone);
            }
        }
    }

    /// <summary>Until it is gone, clients that would stay with it are told to go elsewhere.</summary>
    private void Leave(InstalledGroup group, InstalledBackend backend)
    {
        Set(backend, isTerminating: true);
        Leave(backend);
    }

    private void Set(InstalledBackend backend, bool isTerminating)
    {
        backend.IsTerminating = isTerminating;
        _backends.Set(backend.Id, backend.Address.ToEntry(isTerminating ? BackendFlags.Terminating : BackendFlags.None));
    }

    private void SetRanges(InstalledGroup group, GroupPlan plan)
    {
        var wanted = plan.Ranges.Select(range => SourceRangeKey.From(group.Number, range)).ToHashSet();
        foreach (var key in wanted)
        {
            if (!group.Ranges.TryGetValue(key, out var range))
            {
                group.Ranges[key] = range = new InstalledRange(key, group);
            }

            range.Stay();
            _ranges.Set(key, 0);
        }

        foreach (var gone in group.Ranges.Values.Where(range => range.Leave is null && !wanted.Contains(range.Key)))
        {
            Leave(gone);
        }
    }

    /// <summary>Points a frontend to the pools it should have, and takes it from whoever had it.</summary>
    private void Point(InstalledGroup group, FrontendPlan plan, LoadBalancerAlgorithm algorithm)
    {
        if (_inForce.TryGetValue(plan.Key, out var frontend) && frontend.Group != group)
        {
            var successor = new InstalledFrontend(plan.Key, group) { Id = frontend.Id, Entry = frontend.Entry };
            Detach(frontend);
            frontend = successor;
        }

        frontend ??= new InstalledFrontend(plan.Key, group);
        _inForce[plan.Key] = group.Frontends[plan.Key] = frontend;
        frontend.Kind = plan.Kind;
        frontend.Id ??= IdFor(plan.Key);
        frontend.Id.Stay();
        _frontendKeys.Set(frontend.Id.Id, plan.Key);
        var (oldInside, oldOutside) = (frontend.Inside, frontend.Outside);
        frontend.Inside = Use(group, plan.Inside, tableSize: 0);
        frontend.Outside = Use(group, plan.Outside, TableSizeFor(algorithm, plan.Outside));
        Release(oldInside);
        Release(oldOutside);
        frontend.Entry = new ServiceEntry
        {
            Frontend = frontend.Id.Id,
            Group = group.Number,
            AffinityTicks = plan.AffinityTicks,
            Flags = plan.Flags,
            Inside = frontend.Inside?.Reference(withTable: false) ?? default,
            Outside = frontend.Outside?.Reference(withTable: algorithm == LoadBalancerAlgorithm.Maglev) ?? default,
        };
        _services.Set(plan.Key, frontend.Entry);
    }

    private FrontendId IdFor(ServiceKey key)
    {
        if (!_frontendIds.TryGetValue(key, out var id))
        {
            _frontendIds[key] = id = new FrontendId(_ids.Next(_frontendKeys.Desired.ContainsKey), key);
        }

        return id;
    }

    private InstalledPool? Use(InstalledGroup group, BackendList list, uint tableSize)
    {
        if (list.Count == 0)
        {
            return null;
        }

        if (!group.Pools.TryGetValue(list, out var pool))
        {
            group.Pools[list] = pool = new InstalledPool(_ids.Next(_pools.Has), group, list, [.. list.Select(backend => group.Backends[backend].Id)]);
        }

        pool.Users++;
        pool.Stay();
        _pools.Want(pool, tableSize);
        return pool;
    }

    private void Release(InstalledPool? pool)
    {
        if (pool is not null && --pool.Users == 0)
        {
            Leave(pool);
        }
    }

    /// <summary>One backend is the same choice with and without a table.</summary>
    private uint TableSizeFor(LoadBalancerAlgorithm algorithm, BackendList list) => algorithm == LoadBalancerAlgorithm.Maglev && list.Count > 1 ? _options.MaglevTableSize : 0;

    private void Remove(ServiceOwner owner)
    {
        if (_groupsOf.Remove(owner, out var groups))
        {
            groups.ForEach(Remove);
        }
    }

    private void Remove(InstalledGroup group)
    {
        foreach (var frontend in group.Frontends.Values.ToArray())
        {
            Remove(frontend);
        }

        foreach (var backend in group.Backends.Values.Where(backend => backend.Leave is null))
        {
            Leave(group, backend);
        }

        foreach (var range in group.Ranges.Values.Where(range => range.Leave is null))
        {
            Leave(range);
        }

        if (group.Key is { } key && _groupOf.GetValueOrDefault(key) == group)
        {
            _groupOf.Remove(key);
        }

        _groups.Remove(group.Number);
        _orphans.Remove(group);
    }

    private void Remove(InstalledFrontend frontend)
    {
        Detach(frontend);
        _inForce.Remove(frontend.Key);
        _services.Remove(frontend.Key);
        if (frontend.Id is { } id)
        {
            Leave(id);
        }
    }

    private void Detach(InstalledFrontend frontend)
    {
        frontend.Group.Frontends.Remove(frontend.Key);
        Release(frontend.Inside);
        Release(frontend.Outside);
    }
}
