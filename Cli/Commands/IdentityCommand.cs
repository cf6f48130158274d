using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme identity list | get</c>.</summary>
internal static class IdentityCommand
{
    public static Command Create(AgentOptions agent)
    {
        var list = new Command("list", "List the identities this node knows.");
        list.Aliases.Add("ls");
        list.SetAction(parsed => agent.Print(parsed, AgentRoutes.Identities, AgentJson.Default.IReadOnlyListIdentityView, WriteTable));

        var number = new Argument<uint>("number") { Description = "The numeric identity." };
        var get = new Command("get", "Show the labels of one identity.") { number };
        get.SetAction(parsed =>
        {
            var wanted = parsed.GetValue(number);
            var found = agent.Client(parsed).Get(AgentRoutes.Identities, AgentJson.Default.IReadOnlyListIdentityView).Where(identity => identity.Id == wanted).ToList();
            if (found.Count == 0)
            {
                throw new AgentRefusedException(404, new AgentError($"identity {wanted}: not known to this node", "`axoneme identity list` shows those that are."));
            }

            agent.Print(parsed, found, AgentJson.Default.IReadOnlyListIdentityView, WriteTable);
        });

        return new Command("identity", "Security identities: the numbers that stand for sets of labels.") { list, get };
    }

    private static void WriteTable(IReadOnlyList<IdentityView> identities, TextWriter output)
    {
        var table = new Table("ID", "LABELS");
        foreach (var identity in identities.OrderBy(identity => identity.Id))
        {
            table.Add(identity.Id.ToString(CultureInfo.InvariantCulture), string.Join('\n', identity.Labels));
        }

        table.WriteTo(output);
    }
}
