namespace Axoneme.Benchmarks.Packets;

/// <summary>Measures ours beside its peers, interleaved, as ratios of neighbouring runs.</summary>
/// <param name="name">What is compared, as rows begin.</param>
/// <param name="ours">Our way.</param>
/// <param name="peers">The ways it is measured against.</param>
internal sealed class Comparison(string name, Topology ours, params Topology[] peers)
{
    /// <summary>Of fewer pairs even the smallest and the largest do not enclose the median in 95 % of all cases.</summary>
    private const int FewestForInterval = 6;

    private static readonly (string Mode, string Unit, string Name)[] _modes =
    [
        ("rr", "transactions/s", "TCP_RR"), ("crr", "connections/s", "TCP_CRR"), ("stream", "Mbit/s", "TCP_STREAM"), ("udprr", "transactions/s", "UDP_RR"),
    ];

    public async Task<List<BenchmarkRow>> RunAsync(LoadGenerator load, int pairs, double seconds)
    {
        List<BenchmarkRow> rows = [];
        Topology[] all = [ours, .. peers];
        foreach (var topology in all)
        {
            await topology.StartServerAsync(load);
        }

        foreach (var (mode, unit, modeName) in _modes)
        {
            foreach (var topology in all)
            {
                await topology.MeasureAsync(load, mode, 0.2); // warm
            }

            var figures = all.ToDictionary(topology => topology.Name, _ => new List<double>());
            for (var pair = 0; pair < pairs; pair++)
            {
                if (pair % 10 == 0)
                {
                    Report.Progress($"{name}: {modeName} {pair}/{pairs}");
                }

                // Turn by turn, and each turn begins with another, so that a drift of the machine touches all alike.
                for (var i = 0; i < all.Length; i++)
                {
                    var topology = all[(i + pair) % all.Length];
                    figures[topology.Name].Add(await topology.MeasureAsync(load, mode, seconds));
                }
            }

            foreach (var peer in peers)
            {
                var ratios = figures[ours.Name].Zip(figures[peer.Name], (a, b) => a / b).ToList();
                var (low, high) = Statistics.MedianInterval(ratios);
                rows.Add(new BenchmarkRow($"{name}: {modeName} / {peer.Name}", unit, Statistics.Median(figures[ours.Name]), Statistics.Median(figures[peer.Name]),
                    Statistics.Median(ratios), FormattableString.Invariant($"{(pairs < FewestForInterval ? "range" : "95%")} {low:0.00}–{high:0.00}, {pairs} pairs")));
            }
        }

        return rows;
    }
}
