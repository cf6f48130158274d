using Axoneme.Benchmarks.Packets;

namespace Axoneme.Benchmarks.Services;

/// <summary>Everything about services, in parts that can be asked for alone.</summary>
/// <param name="files">Where the load generator and the rotating programs are.</param>
/// <param name="quick">Only to see that it works.</param>
internal sealed class ServiceBenchmarks(string files, bool quick)
{
    private readonly ThroughputPlan _plan = new(Pairs: quick ? 3 : 31, Seconds: quick ? 0.1 : 0.25, Only: null) { Modes = ["TCP_RR", "TCP_CRR"] };

    public static IReadOnlyList<string> Parts { get; } = ["packets", "sockets", "connections", "scale"];

    /// <param name="parts">Of <see cref="Parts"/>, those that are wanted.</param>
    public async Task<List<BenchmarkRow>> RunAsync(IEnumerable<string> parts)
    {
        List<BenchmarkRow> rows = [];
        foreach (var part in parts)
        {
            rows.AddRange(await RunAsync(part));
        }

        return rows;
    }

    private async Task<List<BenchmarkRow>> RunAsync(string part) => part switch
    {
        "packets" => await ServiceCosts.RunAsync(Path.Combine(files, "rotate.bpf.o"), rounds: quick ? 3 : 11),
        "sockets" => await SocketCosts.RunAsync(Load, quick),
        "connections" => await ServiceThroughput.RunAsync(Load, _plan),
        _ => ServiceScale.Run(quick),
    };

    private LoadGenerator Load => LoadGenerator.On(Path.Combine(files, "netload"), twoCpus: false);
}
