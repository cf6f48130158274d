using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Admin;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme policy explain --from … --to … --port …</c>.</summary>
internal static class PolicyExplainCommand
{
    public static Command Create(AgentOptions agent)
    {
        var from = new Option<string>("--from") { Description = "The sender: namespace/pod, node/name, an identity's number, host, world or another entity, an address, or a prefix such as 10.0.0.0/8.", Required = true, HelpName = "end" };
        var to = new Option<string>("--to") { Description = "The receiver, written the same way.", Required = true, HelpName = "end" };
        var port = new Option<string?>("--port") { Description = "80, 80/UDP, a port's name as the receiver has it (http), icmp/8 or icmpv6/128.", HelpName = "port" };
        var protocol = new Option<string?>("--protocol") { Description = "TCP (the default), UDP, SCTP, VRRP or IGMP, where --port does not say it.", HelpName = "name" };
        var explain = new Command("explain",
            "Say whether traffic would pass, and why: the rules that decide, or the rule that comes closest and what the traffic lacks for it.\n"
            + "Asks the control plane; the policies of both ends are judged, whichever node they are on. Exit code 0 whatever the answer is.\n\n"
            + "  axoneme policy explain --from shop/client --to shop/server --port 80\n"
            + "  axoneme policy explain --from 10.1.2.3 --to shop/server --port http")
        {
            from, to, port, protocol, agent.AdminSocket,
        };
        explain.SetAction(parsed =>
        {
            var question = new PolicyExplainRequest(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(port), parsed.GetValue(protocol));
            var answer = agent.Ask(parsed, PolicyRoutes.Explain, question, AdminPolicyJson.Default.PolicyExplainRequest, AdminPolicyJson.Default.PolicyExplanationView);
            agent.Print(parsed, answer, AdminPolicyJson.Default.PolicyExplanationView, Write);
        });
        return explain;
    }

    private static void Write(PolicyExplanationView answer, TextWriter output)
    {
        var fields = new FieldList(output);
        fields.Add("From", Text(answer.From));
        fields.Add("To", Text(answer.To));
        fields.Add("Traffic", answer.Traffic);
        fields.Add("Verdict", answer.Verdict);
        fields.Add("Warning", answer.Warning);
        fields.Add("Note", [.. answer.Notes]);
        output.WriteLine();
        var table = new Table("DIRECTION", "VERDICT", "BECAUSE");
        table.Add("egress", answer.Egress.Verdict, Because(answer.Egress));
        table.Add("ingress", answer.Ingress.Verdict, Because(answer.Ingress));
        table.WriteTo(output);
    }

    private static string Because(DirectionView direction)
    {
        var lines = new List<string?> { direction.Reason };
        lines.AddRange(direction.Rules.Select(rule => $"{rule.Policy} {rule.Section} {rule.Text}"));
        lines.AddRange((direction.Asks ?? []).Select(asked => $"asks {asked}"));
        lines.Add(direction.Authentication is { } authentication ? $"authentication: {authentication}" : null);
        if (direction.Nearest is { } nearest)
        {
            lines.Add($"nearest: {nearest.Policy} {nearest.Section} {nearest.Text}");
            lines.Add($"lacks: {direction.Lacks}");
        }

        return string.Join('\n', lines.OfType<string>());
    }

    private static string Text(FlowEndView end) =>
        string.Create(CultureInfo.InvariantCulture, $"{end.Name}, identity {end.Identity} ({string.Join(", ", end.Labels)})");
}
