using System.CommandLine;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme node list</c>.</summary>
internal static class NodeCommand
{
    public static Command Create(AgentOptions agent)
    {
        var list = new Command("list", "List the nodes of the cluster and how this node reaches their pods.");
        list.Aliases.Add("ls");
        list.SetAction(parsed => agent.Print(parsed, AgentRoutes.Nodes, AgentJson.Default.IReadOnlyListClusterNodeView, WriteTable));
        return new Command("node", "Nodes of the cluster.") { list };
    }

    private static void WriteTable(IReadOnlyList<ClusterNodeView> nodes, TextWriter output)
    {
        var table = new Table("NAME", "IPv4 ADDRESS", "IPv6 ADDRESS", "POD CIDRS", "UNDERLAY", "REACHED BY");
        foreach (var node in nodes)
        {
            table.Add(node.Name, node.Ipv4 ?? "-", node.Ipv6 ?? "-", string.Join('\n', node.PodCidrs), node.Underlay ?? "-", node.Way.Replace(", ", "\n", StringComparison.Ordinal));
        }

        table.WriteTo(output);
    }
}
