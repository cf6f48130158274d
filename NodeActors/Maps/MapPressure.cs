using Axoneme.Datapath;
using Axoneme.NodeActors.Conntrack;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Maps;

/// <summary>
/// Watches how full the kernel's maps are, and says so from 90 % until a map is below 85 % again. What no longer fits is refused by the map's writer, and what
/// was in force stays in force; this is the warning before.
/// </summary>
/// <param name="datapath">The maps.</param>
/// <param name="written">Those that the agent writes, as their writers see them.</param>
/// <param name="collected">Those that programs write, as they were seen last.</param>
/// <param name="logger">Told when a map begins and ends to be too full.</param>
internal sealed partial class MapPressure(IDatapath datapath, Func<IEnumerable<MapStatus>> written, Func<ConntrackCollection> collected, ILogger<MapPressure> logger)
{
    private const double High = 0.90;
    private const double Low = 0.85;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _problems = [];

    /// <summary>All maps whose entries can be counted, by name.</summary>
    public IReadOnlyList<MapFill> Read()
    {
        var counts = written().ToDictionary(map => map.Name, map => (uint)map.Desired);
        foreach (var map in collected().Maps)
        {
            counts[map.Name] = (uint)map.Alive;
        }

        MapFill[] fills =
        [
            Fill(datapath.Endpoints), Fill(datapath.Hosts), Fill(datapath.Prefixes), Fill(datapath.Policy), Fill(datapath.PolicyRanges), Fill(datapath.Conntrack4),
            Fill(datapath.Conntrack6), Fill(datapath.Nat), Fill(datapath.Tunnels), Fill(datapath.Devices), Fill(datapath.Unmasqueraded), Fill(datapath.Services.Services),
            Fill(datapath.Services.Frontends), Fill(datapath.Services.Pools), Fill(datapath.Services.Backends), Fill(datapath.Services.Maglev), Fill(datapath.Services.SourceRanges),
            Fill(datapath.Services.Affinity), Fill(datapath.Services.SocketPeers),
        ];
        return [.. fills.OrderBy(fill => fill.Name, StringComparer.Ordinal)];

        // Maps without a writer that counts are small or read in portions.
        MapFill Fill<TKey, TValue>(IKernelMap<TKey, TValue> map)
            where TKey : unmanaged
            where TValue : unmanaged =>
            new(map.Name, map.Type, map.Capacity, counts.TryGetValue(map.Name, out var count) ? count : Count(map), map.Bytes);

        static uint Count<TKey, TValue>(IKernelMap<TKey, TValue> map)
            where TKey : unmanaged
            where TValue : unmanaged
        {
            var count = 0u;
            map.Scan((keys, _) => count += (uint)keys.Length);
            return count;
        }
    }

    /// <summary>Looks again; returns what is too full and what to do.</summary>
    public IReadOnlyList<string> Look()
    {
        lock (_lock)
        {
            foreach (var fill in Read())
            {
                var was = _problems.ContainsKey(fill.Name);
                if (fill.IsUnused || fill.Pressure < (was ? Low : High))
                {
                    if (_problems.Remove(fill.Name))
                    {
                        Log.Relieved(logger, fill.Name, fill.Entries, fill.Capacity);
                    }

                    continue;
                }

                _problems[fill.Name] = $"map {fill.Name} is {Math.Floor(fill.Pressure * 100)} % full ({fill.Entries} of {fill.Capacity} entries): {Advice(fill.Name)}";
                if (!was)
                {
                    Log.Filling(logger, fill.Name, fill.Entries, fill.Capacity, MapSizing.OptionOf(fill.Name));
                }
            }

            return [.. _problems.Values];
        }
    }

    private static string Advice(string map) => MapSizing.OptionOf(map) is { } option ? $"raise {option}" : "it cannot be made larger";

    private static partial class Log
    {
        [LoggerMessage(31, LogLevel.Warning, "Map {Map} is filling up: {Entries} of {Capacity} entries; raise {Option}", EventName = "MapFilling")]
        public static partial void Filling(ILogger logger, string map, uint entries, uint capacity, string? option);

        [LoggerMessage(32, LogLevel.Information, "Map {Map} has room again: {Entries} of {Capacity} entries", EventName = "MapRelieved")]
        public static partial void Relieved(ILogger logger, string map, uint entries, uint capacity);
    }
}
