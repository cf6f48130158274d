using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Policy;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme policy get | explain | diff | validate</c>.</summary>
internal static class PolicyCommand
{
    public static Command Create(AgentOptions agent)
    {
        var name = new Argument<string?>("name") { Description = "Name or namespace/name; without it all policies are listed.", Arity = ArgumentArity.ZeroOrOne };
        var get = new Command("get", "List the policies in force, or show one as JSON.") { name };
        get.Aliases.Add("list");
        get.SetAction(parsed =>
        {
            var policies = agent.Client(parsed).Get(AgentRoutes.Policies, AgentJson.Default.IReadOnlyListPolicyView);
            if (parsed.GetValue(name) is not { } wanted)
            {
                agent.Print(parsed, policies, AgentJson.Default.IReadOnlyListPolicyView, WriteTable);
                WriteWarnings(policies, parsed.InvocationConfiguration.Error);
                return;
            }

            var found = policies.Where(policy => policy.Name == wanted || $"{policy.Namespace}/{policy.Name}" == wanted).ToList();
            if (found.Count == 0)
            {
                throw new AgentRefusedException(404, new AgentError($"policy \"{wanted}\": not in force on this node", "`axoneme policy get` lists those that are."));
            }

            agent.Print(parsed, found, AgentJson.Default.IReadOnlyListPolicyView, WriteDocuments);
            WriteWarnings(found, parsed.InvocationConfiguration.Error);
        });

        return new Command("policy", "Policies: those in force on this node, what they come to, what others would change, and whether files hold valid ones.")
        {
            get,
            PolicyExplainCommand.Create(agent),
            PolicyDiffCommand.Create(agent),
            PolicyValidateCommand.Create(agent),
        };
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

    /// <summary>What is in force and not enforced as it is written: nobody should rely on it.</summary>
    private static void WriteWarnings(IReadOnlyList<PolicyView> policies, TextWriter errors)
    {
        foreach (var view in policies)
        {
            foreach (var gap in PolicyParser.Parse(view.Document).Policy is { } policy ? EnforcementGaps.Of(policy) : [])
            {
                errors.WriteLine($"warning: {view.Kind}/{view.Namespace}/{view.Name} {gap}");
            }
        }
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
