using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme health status [--probe]</c>, as <c>cilium-health status</c>.</summary>
internal static class HealthCommand
{
    public static Command Create(AgentOptions agent)
    {
        var probe = new Option<bool>("--probe") { Description = "Ask every node now instead of showing the last round." };
        var status = new Command("status", "Show how this node reaches the others: their own addresses, and their health endpoints behind the datapath; exit code 1 when one is not reached.") { probe };
        status.SetAction(parsed =>
        {
            var client = agent.Client(parsed);
            var report = parsed.GetValue(probe)
                ? client.Post(AgentRoutes.HealthProbe, default, AgentJson.Default.HealthReport)
                : client.Get(AgentRoutes.Health, AgentJson.Default.HealthReport);
            agent.Print(parsed, report, AgentJson.Default.HealthReport, Write);
            return report.Problems.Count == 0 && report.Nodes.All(node => node.Host.Concat(node.Endpoint).All(IsReached)) ? ExitCode.Success : ExitCode.Failure;
        });
        return new Command("health", "Connectivity between the nodes of the cluster.") { status };
    }

    /// <summary>A point in time as people read it; "not yet" for none.</summary>
    internal static string When(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture) ?? "not yet";

    private static void Write(HealthReport report, TextWriter output)
    {
        var fields = new FieldList(output);
        fields.Add("Probe time", When(report.ProbedAt));
        fields.Add("Problems", [.. report.Problems]);
        if (report.Nodes.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new Table("NODE", "", "ADDRESS", "ICMP", "HTTP");
        foreach (var node in report.Nodes)
        {
            var name = node.Name == report.Node ? $"{node.Name} (localhost)" : node.Name;
            foreach (var (what, path) in node.Host.Select(path => ("host", path)).Concat(node.Endpoint.Select(path => ("endpoint", path))))
            {
                table.Add(name, what, path.Address, Text(path.Icmp), Text(path.Http));
                name = "";
            }

            if (node.Endpoint.Count == 0)
            {
                table.Add(name, "endpoint", "none", null, null);
            }
        }

        table.WriteTo(output);
    }

    private static bool IsReached(PathHealth path) => path.Icmp.Failure is null && path.Http.Failure is null;

    private static string Text(ProbeHealth probe) => probe.LatencySeconds is { } seconds
        ? string.Create(CultureInfo.InvariantCulture, $"OK, {seconds * 1000:0.000} ms")
        : $"FAILED: {probe.Failure}";
}
