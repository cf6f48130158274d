using System.Diagnostics;
using System.Globalization;
using Axoneme.Policy;

namespace Axoneme.Benchmarks.Policies;

/// <summary>
/// What the policy engine costs on the workload "tenants", beside its limits: everything from nothing, one identity, one policy; and how that
/// grows with identities, policies and local policy sets. Every figure includes reading what changed, as a node does that writes it to the kernel.
/// </summary>
internal static class PolicyCosts
{
    private const int Identities = 10_000;
    private const int Policies = 1_000;
    private const int Sets = 200;

    public static List<BenchmarkRow> Run(bool quick)
    {
        // Two small runs first: compiled code is what is measured, not the compiler.
        _ = Measure(500, 50, 10, 200);
        _ = Measure(500, 50, 10, 200);
        var rows = new List<BenchmarkRow>();
        var changes = quick ? 300 : 2000;
        var main = Measure(Identities, Policies, Sets, changes);
        Report.Progress(main.Mix);
        rows.AddRange(
        [
            Row("full computation", "ms", main.Full, 2000, $"{main.Identities} identities, {main.Policies} policies, {main.Sets} policy sets, {main.Entries} entries, {main.Intervals} intervals"),
            Row("memory of it", "MB", main.Megabytes, 300, string.Create(CultureInfo.InvariantCulture, $"managed heap it holds, after a collection; the whole process at its peak: {main.PeakMegabytes:0} MB")),
            Row("identity added, p99", "ms", Statistics.Quantile(main.Added, 0.99), 1, Spread(main.Added)),
            Row("identity removed, p99", "ms", Statistics.Quantile(main.Removed, 0.99), 1, Spread(main.Removed)),
            Row("policy changed, p99", "ms", Statistics.Quantile(main.Changed, 0.99), 20, Spread(main.Changed)),
            new("policy changed, beside computing all anew", "ms", Statistics.Median(main.Changed), main.Full, Statistics.Median(main.Changed) / main.Full, "median of the first over the second"),
        ]);
        var sizes = new (int Identities, int Policies, int Sets)[]
        {
            (1_000, Policies, Sets), (Identities, Policies, Sets), (100_000, Policies, Sets),
            (Identities, 100, Sets), (Identities, 10_000, Sets),
            (Identities, Policies, 20), (Identities, Policies, 1_000),
        };
        foreach (var (identities, policies, sets) in quick ? sizes[..3] : sizes)
        {
            var run = (identities, policies, sets) == (Identities, Policies, Sets) ? main : Measure(identities, policies, sets, changes / 4);
            var name = string.Create(CultureInfo.InvariantCulture, $"{run.Identities} identities, {run.Policies} policies, {run.Sets} sets");
            rows.Add(new(
                name,
                "ms",
                run.Full,
                main.Full,
                run.Full / main.Full,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{run.Megabytes:0} MB, {run.Entries} entries; p99: identity {Statistics.Quantile(run.Added, 0.99):0.000} ms, policy {Statistics.Quantile(run.Changed, 0.99):0.00} ms")));
        }

        return rows;
    }

    private static Measurement Measure(int identities, int policies, int sets, int changes)
    {
        Report.Progress(string.Create(CultureInfo.InvariantCulture, $"{identities} identities, {policies} policies, {sets} sets"));
        var workload = new PolicyWorkload(identities, policies);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        var engine = new PolicyEngine();
        workload.Fill(engine);
        workload.Track(engine, sets);
        var (entries, intervals) = ReadAll(engine);
        var full = clock.Elapsed.TotalMilliseconds;
        var peak = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6;
        var megabytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
        ReadChanges(engine);

        var newcomers = Enumerable.Range(0, changes).Select(_ => workload.AnotherIdentity()).ToArray();
        var added = newcomers.Select(identity => Time(engine, () => engine.UpsertIdentity(identity.Number, identity.Labels))).ToArray();
        var removed = newcomers.Select(identity => Time(engine, () => engine.RemoveIdentity(identity.Number))).ToArray();
        var random = new Random(PolicyWorkload.Seed);
        var replacements = Enumerable.Range(0, changes).Select(_ => workload.AnotherVersion(random.Next(policies))).ToArray();
        var changed = replacements.Select(policy => Time(engine, () => engine.UpsertPolicy(policy.Key, policy))).ToArray();
        return new Measurement
        {
            Identities = identities, Policies = policies, Sets = engine.Sets.Count, Mix = PolicyWorkload.DescribeMix(engine, workload.Policies),
            Full = full, Megabytes = megabytes, PeakMegabytes = peak, Entries = entries, Intervals = intervals, Added = added, Removed = removed, Changed = changed,
        };
    }

    private static double Time(PolicyEngine engine, Action change)
    {
        var began = Stopwatch.GetTimestamp();
        change();
        ReadChanges(engine);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static (int Entries, int Intervals) ReadAll(PolicyEngine engine)
    {
        var (entries, intervals) = (0, 0);
        foreach (var (_, list) in engine.Sets.SelectMany(set => set.Entries()))
        {
            entries++;
            intervals += list.Length;
        }

        return (entries, intervals);
    }

    private static void ReadChanges(PolicyEngine engine)
    {
        foreach (var set in engine.Sets)
        {
            if (set.TakeChanged() is not { } changed)
            {
                _ = set.Entries().Sum(entry => entry.Value.Length);
                continue;
            }

            foreach (var key in changed)
            {
                _ = set.Entry(key);
            }
        }
    }

    private static BenchmarkRow Row(string name, string unit, double ours, double limit, string note) => new(name, unit, ours, limit, ours / limit, note);

    private static string Spread(double[] samples) => string.Create(
        CultureInfo.InvariantCulture,
        $"{samples.Length} times; median {Statistics.Median(samples):0.000} ms, most {samples.Max():0.00} ms");

    private sealed record Measurement
    {
        public required int Identities { get; init; }

        public required int Policies { get; init; }

        public required int Sets { get; init; }

        public required string Mix { get; init; }

        /// <summary>Milliseconds from an empty engine to every entry.</summary>
        public required double Full { get; init; }

        public required double Megabytes { get; init; }

        /// <summary>Resident memory of the process up to then.</summary>
        public required double PeakMegabytes { get; init; }

        public required int Entries { get; init; }

        public required int Intervals { get; init; }

        public required double[] Added { get; init; }

        public required double[] Removed { get; init; }

        public required double[] Changed { get; init; }
    }
}
