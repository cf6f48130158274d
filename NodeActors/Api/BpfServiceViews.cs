using System.Globalization;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Api;

/// <summary>What the kernel's maps of services really hold, read for each call.</summary>
internal sealed class BpfServiceViews(ServiceMaps maps)
{
    public IReadOnlyList<BpfServiceView> Services() =>
    [
        .. maps.Services.Entries().OrderBy(pair => pair.Value.Frontend).Select(pair => new BpfServiceView(
            pair.Value.Frontend, pair.Value.Group, ServiceEnd.Text(pair.Key), ServiceViews.FlagsOf(pair.Value.Flags), PoolOf(pair.Value.Inside), PoolOf(pair.Value.Outside))),
    ];

    public IReadOnlyList<BpfFrontendView> Frontends() =>
        [.. maps.Frontends.Entries().OrderBy(pair => pair.Key).Select(pair => new BpfFrontendView(pair.Key, ServiceEnd.Text(pair.Value)))];

    public IReadOnlyList<BpfBackendView> Backends() =>
        [.. maps.Backends.Entries().OrderBy(pair => pair.Key).Select(pair => new BpfBackendView(pair.Key, Text(pair.Value), StateOf(pair.Value)))];

    /// <summary>Tables as runs of backends' keys, by pool.</summary>
    public IReadOnlyList<BpfMaglevView> Tables()
    {
        var views = new Dictionary<uint, BpfMaglevView>();
        foreach (var (_, entry) in maps.Services.Entries())
        {
            var pool = entry.Outside;
            if (pool.TableSize > 0 && !views.ContainsKey(pool.Id))
            {
                views[pool.Id] = new BpfMaglevView(pool.Id, pool.TableSize, TableOf(pool));
            }
        }

        return [.. views.Values.OrderBy(view => view.Pool)];
    }

    private string TableOf(ServicePool pool)
    {
        var keys = new string[pool.TableSize];
        for (var piece = 0u; piece * MaglevPiece.Length < pool.TableSize; piece++)
        {
            var isThere = maps.Maglev.TryGet(new MaglevKey(pool.Id, piece), out var content);
            for (var i = 0u; i < MaglevPiece.Length && piece * MaglevPiece.Length + i < pool.TableSize; i++)
            {
                keys[piece * MaglevPiece.Length + i] = isThere && maps.Pools.TryGet(new PoolSlot(pool.Id, content[(int)i]), out var backend)
                    ? backend.ToString(CultureInfo.InvariantCulture)
                    : "?";
            }
        }

        return string.Join(' ', keys);
    }

    private BpfPoolView? PoolOf(ServicePool pool)
    {
        if (pool.Count == 0)
        {
            return null;
        }

        var backends = new BpfBackendView[pool.Count];
        for (var index = 0u; index < backends.Length; index++)
        {
            backends[index] = maps.Pools.TryGet(new PoolSlot(pool.Id, index), out var id)
                ? maps.Backends.TryGet(id, out var backend) ? new BpfBackendView(id, Text(backend), StateOf(backend)) : new BpfBackendView(id, "(gone)", "")
                : new BpfBackendView(0, "(missing)", "");
        }

        return new BpfPoolView(pool.Id, pool.TableSize, backends);
    }

    private static string Text(BackendEntry entry) => BackendAddress.From(entry).ToString();

    private static string StateOf(BackendEntry entry) => entry.Flags.HasFlag(BackendFlags.Terminating) ? "terminating" : "active";
}
