namespace Axoneme.Benchmarks.Packets;

/// <summary>Measures ours beside its peers, interleaved, as ratios of neighbouring runs.</summary>
/// <param name="name">What is compared, as rows begin.</param>
/// <param name="ours">Our way.</param>
/// <param name="peers">The ways it is measured against.</param>
internal sealed class Comparison(string name, Topology ours, params Topology[] peers)
{
    /// <summary>Of fewer pairs even the smallest and the largest do not enclose the median in 95 % of all cases.</summary>
    private const int FewestForInterval = 6;

    public async Task<List<BenchmarkRow>> RunAsync(LoadGenerator load, ThroughputPlan plan)
    {
        List<BenchmarkRow> rows = [];
        Topology[] all = [ours, .. peers];
        foreach (var topology in all)
        {
            await topology.StartServerAsync(load);
        }

        foreach (var (mode, unit, modeName) in plan.ModesOf(name))
        {
            foreach (var topology in all)
            {
                await topology.MeasureAsync(load, mode, 0.2); // warm
            }

            var figures = all.ToDictionary(topology => topology.Name, _ => new List<double>());
            for (var pair = 0; pair < plan.Pairs; pair++)
            {
                if (pair % 10 == 0)
                {
                    Report.Progress($"{name}: {modeName} {pair}/{plan.Pairs}");
                }

                // Turn by turn, and each turn begins with another, so that a drift of the machine touches all alike.
                for (var i = 0; i < all.Length; i++)
                {
                    var topology = all[(i + pair) % all.Length];
                    figures[topology.Name].Add(await topology.MeasureAsync(load, mode, plan.Seconds));
                }
            }

            foreach (var peer in peers)
            {
                var ratios = figures[ours.Name].Zip(figures[peer.Name], (a, b) => a / b).ToList();
                var (low, high) = Statistics.MedianInterval(ratios);
                rows.Add(new BenchmarkRow($"{name}: {modeName} / {peer.Name}", unit, Statistics.Median(figures[ours.Name]), Statistics.Median(figures[peer.Name]),
                    Statistics.Median(ratios), FormattableString.Invariant($"{(plan.Pairs < FewestForInterval ? "range" : "95%")} {low:0.00}–{high:0.00}, {plan.Pairs} pairs")));
            }
        }

        return rows;
    }
}
