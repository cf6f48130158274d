using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme monitor</c>: flows as they happen, one line each.</summary>
internal static class MonitorCommand
{
    public static Command Create(AgentOptions agent)
    {
        var last = new Option<int>("--last") { Description = "Show this many past flows first.", HelpName = "n" };
        var noFollow = new Option<bool>("--no-follow") { Description = "End after the past flows (20 unless --last says otherwise)." };
        Option<string>[] filters =
        [
            Filter("pod", "Source or destination pod: namespace/name, or the beginning of it."),
            Filter("namespace", "Source or destination namespace."),
            Filter("verdict", "forwarded, dropped or audit."),
            Filter("type", "drop, policy-verdict, trace, new, closed, active, rejudged or audit."),
            Filter("protocol", "tcp, udp, icmp, icmpv4, icmpv6, sctp or a number."),
            Filter("port", "Source or destination port."),
            Filter("ip", "Source or destination address or network."),
            Filter("identity", "Source or destination identity."),
        ];
        var monitor = new Command("monitor", "Follow flows: who talks to whom, the verdict, and the rule (or missing rule) behind each drop.\nAll filters must match; a filter may name several values, with commas between.") { last, noFollow };
        foreach (var filter in filters)
        {
            monitor.Options.Add(filter);
        }

        monitor.SetAction(parsed =>
        {
            var follow = !parsed.GetValue(noFollow);
            var past = parsed.GetValue(last);
            var query = new StringBuilder(follow ? "?follow=true" : "?follow=false");
            if (past > 0 || !follow)
            {
                query.Append(CultureInfo.InvariantCulture, $"&last={(past > 0 ? past : 20)}");
            }

            foreach (var filter in filters)
            {
                if (parsed.GetValue(filter) is { } value)
                {
                    query.Append(CultureInfo.InvariantCulture, $"&{filter.Name[2..]}={Uri.EscapeDataString(value)}");
                }
            }

            var output = parsed.InvocationConfiguration.Output;
            foreach (var line in agent.StreamClient(parsed).GetLines(AgentRoutes.Monitor + query))
            {
                output.WriteLine(agent.Json(parsed) ? line : Readable(line));
                output.Flush();
            }
        });
        return monitor;
    }

    private static Option<string> Filter(string name, string description) => new($"--{name}") { Description = description, HelpName = "value" };

    private static string Readable(string line)
    {
        try
        {
            using var flow = JsonDocument.Parse(line);
            return FlowLine.Format(flow.RootElement);
        }
        catch (JsonException failure)
        {
            throw new AgentRefusedException(200, new AgentError($"monitor: the agent sent a line that is not JSON: {failure.Message}", "See it with -o json."));
        }
    }
}
