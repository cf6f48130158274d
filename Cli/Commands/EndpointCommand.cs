using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme endpoint list | get</c>.</summary>
internal static class EndpointCommand
{
    public static Command Create(AgentOptions agent)
    {
        var list = new Command("list", "List the pods of this node, and the node itself.");
        list.Aliases.Add("ls");
        list.SetAction(parsed => agent.Print(parsed, AgentRoutes.Endpoints, AgentJson.Default.IReadOnlyListEndpointView, WriteTable));

        var which = new Argument<string>("id") { Description = "Endpoint id, namespace/pod, or host for the node itself." };
        var get = new Command("get", "Show everything about one pod or the node.") { which };
        get.SetAction(parsed =>
        {
            var found = Find(agent.Client(parsed), parsed.GetRequiredValue(which));
            agent.Print(parsed, found, AgentJson.Default.IReadOnlyListEndpointView, WriteDetails);
        });

        return new Command("endpoint", "Pods of this node, and the node itself: addresses, identity, enforcement, state.") { list, get, EndpointConfigCommand.Create(agent) };
    }

    /// <summary>The endpoints that an id or a name means.</summary>
    /// <exception cref="AgentRefusedException">There is none.</exception>
    internal static List<EndpointView> Find(AgentClient agent, string wanted)
    {
        var found = agent.Get(AgentRoutes.Endpoints, AgentJson.Default.IReadOnlyListEndpointView).Where(endpoint => Matches(endpoint, wanted)).ToList();
        return found.Count > 0 ? found : throw new AgentRefusedException(
            404, new AgentError($"endpoint \"{wanted}\": this node has no such pod", "`axoneme endpoint list` shows those it has; write the id, namespace/pod, or host."));
    }

    private static bool Matches(EndpointView endpoint, string wanted) =>
        endpoint.Id.ToString(CultureInfo.InvariantCulture) == wanted || NameOf(endpoint) == wanted;

    private static string NameOf(EndpointView endpoint) => endpoint.Labels.Contains("reserved:host") ? "host" : endpoint.Labels.Contains("reserved:health") ? "cilium-health" : $"{endpoint.Namespace}/{endpoint.Pod}";

    private static void WriteTable(IReadOnlyList<EndpointView> endpoints, TextWriter output)
    {
        var table = new Table("ENDPOINT", "POLICY (ingress)\nENFORCEMENT", "POLICY (egress)\nENFORCEMENT", "IDENTITY", "POD", "LABELS (source:key[=value])", "IPv6", "IPv4", "STATUS");
        foreach (var endpoint in endpoints.OrderBy(endpoint => endpoint.Id))
        {
            table.Add(Text(endpoint.Id), Enforcement(endpoint, endpoint.IngressEnforced), Enforcement(endpoint, endpoint.EgressEnforced), Text(endpoint.Identity), NameOf(endpoint),
                string.Join('\n', endpoint.Labels), endpoint.Ipv6, endpoint.Ipv4, endpoint.State + (endpoint.Problem is null ? "" : $"\n! {endpoint.Problem}"));
        }

        table.WriteTo(output);
    }

    private static void WriteDetails(IReadOnlyList<EndpointView> endpoints, TextWriter output)
    {
        foreach (var endpoint in endpoints)
        {
            var fields = new FieldList(output);
            fields.Add("Endpoint", Text(endpoint.Id));
            fields.Add("Pod", NameOf(endpoint));
            fields.Add("State", endpoint.State);
            fields.Add("Problem", endpoint.Problem);
            fields.Add("Identity", Text(endpoint.Identity));
            fields.Add("Labels", [.. endpoint.Labels]);
            fields.Add("IPv4", endpoint.Ipv4);
            fields.Add("IPv6", endpoint.Ipv6);
            fields.Add("MAC", endpoint.Mac);
            fields.Add("Interface", $"{endpoint.InterfaceName} (ifindex {endpoint.Ifindex})");
            fields.Add("Container", endpoint.ContainerId);
            fields.Add("Ingress policy", Enforcement(endpoint, endpoint.IngressEnforced));
            fields.Add("Egress policy", Enforcement(endpoint, endpoint.EgressEnforced));
            fields.Add("Audit mode", endpoint.PolicyAuditMode ? "Enabled: what policy would drop is reported and passes" : null);
            fields.Add("Policy id", $"{endpoint.PolicyId} (revision {endpoint.PolicyRevision}; entries: axoneme bpf policy list {endpoint.PolicyId})");
        }
    }

    /// <summary>Cilium's words: audit mode enforces nothing, but says that there is something to enforce.</summary>
    private static string Enforcement(EndpointView endpoint, bool enforced) => (enforced, endpoint.PolicyAuditMode) switch
    {
        (false, _) => "Disabled",
        (true, false) => "Enabled",
        (true, true) => "Disabled (Audit)",
    };

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
