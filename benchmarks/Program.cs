using System.Globalization;
using Axoneme.Benchmarks;
using Axoneme.Benchmarks.Cni;
using Axoneme.Benchmarks.Packets;
using Axoneme.Benchmarks.Policies;
using Axoneme.Benchmarks.Services;

const string Usage = """
    usage: ./bench packets [--quick] [-o json]   nanoseconds per packet; TCP_RR, TCP_CRR, TCP_STREAM, UDP_RR beside the kernel's own ways
           ./bench costs [--quick] [-o json]     only the former part of packets
           ./bench throughput [--quick] [--two-cpus] [--only TEXT] [--seconds N] [-o json]  only the latter
           ./bench cni [--pods N] [-o json]      latency of CNI ADD and DEL as a runtime sees it
           ./bench services [--quick] [-o json]  services: nanoseconds per packet, what sockets pay, connections beside kube-proxy's rules, scale
           ./bench policy [--quick] [-o json]    what the policy engine costs, beside its limits, and how that grows

    --quick     fewer and shorter runs: to see that it works, not to quote
    --only      of throughput only the rows whose names contain the text, such as "VXLAN: TCP_STREAM"
    --seconds   how long each single measurement of throughput takes
    --two-cpus  the two ends of a connection on a CPU each, which measures the waking of an idle CPU above all; by default both are on one
    """;

var json = args.Contains("json");
var quick = args.Contains("--quick");
var files = Environment.GetEnvironmentVariable("AXONEME_BENCH_FILES") ?? AppContext.BaseDirectory;
switch (args.FirstOrDefault())
{
    case "packets" or "costs" or "throughput":
        List<BenchmarkRow> rows = [];
        if (args[0] != "throughput")
        {
            rows.AddRange(await ProgramCosts.RunAsync(Path.Combine(files, "rotate.bpf.o"), rounds: quick ? 3 : 11));
        }

        if (args[0] != "costs")
        {
            var plan = new ThroughputPlan(Pairs: quick ? 3 : 31, Seconds: double.Parse(Option("--seconds") ?? (quick ? "0.1" : "0.25"), CultureInfo.InvariantCulture), Option("--only"));
            rows.AddRange(await Throughput.RunAsync(LoadGenerator.On(Path.Combine(files, "netload"), args.Contains("--two-cpus")), plan));
        }

        Report.Print(rows, json);
        return 0;
    case "cni":
        var pods = int.TryParse(Option("--pods"), out var given) && given > 0 ? given : quick ? 20 : 100;
        Report.Print(await CniLatency.RunAsync(pods), json);
        return 0;
    case "services":
        Report.Print(await ServiceCosts.RunAsync(Path.Combine(files, "rotate.bpf.o"), rounds: quick ? 3 : 11), json);
        return 0;
    case "policy":
        Report.Print(PolicyCosts.Run(quick), json);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

string? Option(string name)
{
    var index = Array.IndexOf(args, name);
    return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
}
