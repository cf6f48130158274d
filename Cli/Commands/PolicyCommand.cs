using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme policy get [name]</c>.</summary>
internal static class PolicyCommand
{
    public static Command Create(AgentOptions agent)
    {
        var name = new Argument<string?>("name") { Description = "Name or namespace/name; without it all policies are listed.", Arity = ArgumentArity.ZeroOrOne };
        var get = new Command("get", "List the policies in force, or show one as JSON.") { name };
        get.SetAction(parsed =>
        {
            var policies = agent.Client(parsed).Get(AgentRoutes.Policies, AgentJson.Default.IReadOnlyListPolicyView);
            if (parsed.GetValue(name) is not { } wanted)
            {
                agent.Print(parsed, policies, AgentJson.Default.IReadOnlyListPolicyView, WriteTable);
                return;
            }

            var found = policies.Where(policy => policy.Name == wanted || $"{policy.Namespace}/{policy.Name}" == wanted).ToList();
            if (found.Count == 0)
            {
                throw new AgentRefusedException(404, new AgentError($"policy \"{wanted}\": not in force on this node", "`axoneme policy get` lists those that are."));
            }

            agent.Print(parsed, found, AgentJson.Default.IReadOnlyListPolicyView, WriteDocuments);
        });

        return new Command("policy", "Policies in force on this node.") { get };
    }

    private static void WriteTable(IReadOnlyList<PolicyView> policies, TextWriter output)
    {
        var table = new Table("KIND", "NAMESPACE", "NAME", "REVISION", "SOURCE");
        foreach (var policy in policies.OrderBy(policy => policy.Namespace, StringComparer.Ordinal).ThenBy(policy => policy.Name, StringComparer.Ordinal))
        {
            table.Add(policy.Kind, policy.Namespace, policy.Name, policy.Revision.ToString(CultureInfo.InvariantCulture), policy.Source);
        }

        table.WriteTo(output);
    }

    private static void WriteDocuments(IReadOnlyList<PolicyView> policies, TextWriter output)
    {
        foreach (var policy in policies)
        {
            output.WriteLine(IndentedJson.Text(policy.Document));
            output.WriteLine($"Source: {policy.Source}");
            output.WriteLine($"Revision: {policy.Revision}");
        }
    }
}
