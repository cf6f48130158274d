using Axoneme.Benchmarks.Packets;

namespace Axoneme.Benchmarks.Services;

/// <summary>Everything about services, in the order of a packet's life.</summary>
internal static class ServiceBenchmarks
{
    /// <param name="files">Where the load generator and the rotating programs are.</param>
    /// <param name="quick">Only to see that it works.</param>
    /// <param name="part">The part that is wanted; null for all.</param>
    public static async Task<List<BenchmarkRow>> RunAsync(string files, bool quick, string? part)
    {
        var rotate = Path.Combine(files, "rotate.bpf.o");
        var load = LoadGenerator.On(Path.Combine(files, "netload"), twoCpus: false);
        var plan = new ThroughputPlan(Pairs: quick ? 3 : 31, Seconds: quick ? 0.1 : 0.25, Only: null) { Modes = ["TCP_RR", "TCP_CRR"] };
        List<(string Name, Func<Task<List<BenchmarkRow>>> RunAsync)> parts =
        [
            ("packets", () => ServiceCosts.RunAsync(rotate, rounds: quick ? 3 : 11)),
            ("sockets", () => SocketCosts.RunAsync(load, quick)),
            ("connections", () => ServiceThroughput.RunAsync(load, plan)),
            ("scale", () => Task.FromResult(ServiceScale.Run(quick))),
        ];
        List<BenchmarkRow> rows = [];
        foreach (var (name, runAsync) in parts.Where(candidate => part is null || part == candidate.Name))
        {
            rows.AddRange(await runAsync());
        }

        return rows.Count > 0 ? rows : throw new ArgumentException($"--part {part}: must be one of {string.Join(", ", parts.Select(candidate => candidate.Name))}");
    }
}
