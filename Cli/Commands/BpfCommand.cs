using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme bpf endpoint | ipcache | policy | ct | tunnel | lb | nat list</c>: what the kernel's maps hold, not what the agent wants them to.</summary>
internal static class BpfCommand
{
    public static Command Create(AgentOptions agent) => new("bpf", "The kernel's maps as they are now.")
    {
        new Command("endpoint", "Pods by the interface they send on.")
        {
            List("List map endpoints.", parsed => agent.Print(parsed, AgentRoutes.BpfEndpoints, AgentJson.Default.IReadOnlyListBpfEndpointView, WriteEndpoints)),
        },
        new Command("ipcache", "Which identity an address has.")
        {
            List("List maps hosts and prefixes.", parsed => agent.Print(parsed, AgentRoutes.BpfIpcache, AgentJson.Default.IReadOnlyListBpfIpcacheView, WriteIpcache)),
        },
        new Command("policy", "Verdicts by policy id, direction, peer identity and port.") { PolicyList(agent) },
        new Command("ct", "Connections and the rules that allowed them.")
        {
            List("List maps conntrack4 and conntrack6.", parsed => agent.Print(parsed, AgentRoutes.BpfConntrack, AgentJson.Default.IReadOnlyListBpfConntrackView, WriteConntrack)),
        },
        new Command("tunnel", "The other ends of the tunnel.")
        {
            List("List map tunnels.", parsed => agent.Print(parsed, AgentRoutes.BpfTunnels, AgentJson.Default.IReadOnlyListBpfTunnelView, WriteTunnels)),
        },
        BpfLbCommand.Create(agent),
        new Command("nat", "Masqueraded connections.")
        {
            List("List map nat, one line per direction.", parsed => agent.Print(parsed, AgentRoutes.BpfNat, AgentJson.Default.IReadOnlyListBpfNatView, WriteNat)),
        },
    };

    private static Command List(string description, Action<ParseResult> action)
    {
        var list = new Command("list", description);
        list.SetAction(action);
        return list;
    }

    private static Command PolicyList(AgentOptions agent)
    {
        var id = new Argument<uint?>("policy-id") { Description = "Only this policy id (`axoneme endpoint get` shows a pod's).", Arity = ArgumentArity.ZeroOrOne };
        var list = List("List maps policy and policy_ranges, one line per interval.", parsed =>
        {
            var entries = agent.Client(parsed).Get(AgentRoutes.BpfPolicy, AgentJson.Default.IReadOnlyListBpfPolicyView);
            IReadOnlyList<BpfPolicyView> wanted = parsed.GetValue(id) is { } policyId ? [.. entries.Where(entry => entry.PolicyId == policyId)] : entries;
            agent.Print(parsed, wanted, AgentJson.Default.IReadOnlyListBpfPolicyView, WritePolicy);
        });
        list.Arguments.Add(id);
        return list;
    }

    private static void WriteEndpoints(IReadOnlyList<BpfEndpointView> entries, TextWriter output)
    {
        var table = new Table("IFINDEX", "INTERFACE", "ENDPOINT", "IDENTITY", "POLICY", "REVISION", "FLAGS", "MAC", "GATEWAY MAC", "IPv4", "IPv6");
        foreach (var entry in entries.OrderBy(entry => entry.Ifindex))
        {
            table.Add(Text(entry.Ifindex), entry.InterfaceName ?? "(gone)", Text(entry.Id), Text(entry.Identity), Text(entry.PolicyId), Text(entry.PolicyRevision),
                entry.Flags, entry.Mac, entry.GatewayMac, entry.Ipv4, entry.Ipv6);
        }

        table.WriteTo(output);
    }

    private static void WriteIpcache(IReadOnlyList<BpfIpcacheView> entries, TextWriter output)
    {
        var table = new Table("IP PREFIX/ADDRESS", "IDENTITY", "IFINDEX", "TUNNEL ENDPOINT");
        foreach (var entry in entries.OrderBy(entry => entry.Identity).ThenBy(entry => entry.Prefix, StringComparer.Ordinal))
        {
            table.Add(entry.Prefix, Text(entry.Identity), entry.Ifindex == 0 ? "-" : Text(entry.Ifindex), entry.TunnelEndpoint ?? "-");
        }

        table.WriteTo(output);
    }

    private static void WritePolicy(IReadOnlyList<BpfPolicyView> entries, TextWriter output)
    {
        var table = new Table("POLICY", "DIRECTION", "VERDICT", "IDENTITY", "LABELS (source:key[=value])", "PROTOCOL", "PORTS", "PROXY PORT", "RULE");
        foreach (var entry in entries.OrderBy(entry => entry.PolicyId).ThenBy(entry => entry.Direction, StringComparer.Ordinal).ThenBy(entry => entry.Identity))
        {
            table.Add(Text(entry.PolicyId), entry.Direction, entry.Verdict, entry.Identity == 0 ? "ANY" : Text(entry.Identity), string.Join('\n', entry.Labels), entry.Protocol,
                entry.Ports, entry.ProxyPort == 0 ? "NONE" : Text(entry.ProxyPort), $"{entry.RuleName} ({entry.Rule})");
        }

        table.WriteTo(output);
    }

    private static void WriteConntrack(IReadOnlyList<BpfConntrackView> entries, TextWriter output)
    {
        var table = new Table("PROTOCOL", "INITIATOR", "IDENTITY", "RESPONDER", "IDENTITY", "IDLE", "FLAGS", "EGRESS RULE", "INGRESS RULE");
        foreach (var entry in entries.OrderBy(entry => entry.IdleSeconds))
        {
            table.Add(entry.Protocol, entry.Initiator, Text(entry.InitiatorIdentity), entry.Responder, Text(entry.ResponderIdentity), $"{entry.IdleSeconds}s",
                entry.Flags, entry.EgressRule, entry.IngressRule);
        }

        table.WriteTo(output);
    }

    private static void WriteTunnels(IReadOnlyList<BpfTunnelView> entries, TextWriter output)
    {
        var table = new Table("INDEX", "TUNNEL ENDPOINT", "NODE");
        foreach (var entry in entries)
        {
            table.Add(Text(entry.Index), entry.Address, entry.Node ?? "(gone)");
        }

        table.WriteTo(output);
    }

    private static void WriteNat(IReadOnlyList<BpfNatView> entries, TextWriter output)
    {
        var table = new Table("DIRECTION", "PROTOCOL", "SOURCE", "DESTINATION", "BECOMES", "IDLE", "FLAGS");
        foreach (var entry in entries.OrderBy(entry => entry.IdleSeconds))
        {
            table.Add(entry.Direction, entry.Protocol, entry.Source, entry.Destination, $"{(entry.Direction == "out" ? "source" : "destination")} {entry.Translated}", $"{entry.IdleSeconds}s", entry.Flags);
        }

        table.WriteTo(output);
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
