using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme service list | get</c>: frontends of services and the backends behind them.</summary>
internal static class ServiceCommand
{
    public static Command Create(AgentOptions agent)
    {
        var list = new Command("list", "List the frontends this node serves, with their backends.");
        list.Aliases.Add("ls");
        list.SetAction(parsed => agent.Print(parsed, AgentRoutes.Services, AgentJson.Default.IReadOnlyListServiceView, WriteTable));

        var which = new Argument<string>("id") { Description = "The frontend's id, or namespace/name for all of a service." };
        var get = new Command("get", "Show everything about one frontend, or about those of a service.") { which };
        get.SetAction(parsed =>
        {
            var wanted = parsed.GetRequiredValue(which);
            var found = agent.Client(parsed).Get(AgentRoutes.Services, AgentJson.Default.IReadOnlyListServiceView)
                .Where(service => Text(service.Id) == wanted || service.Name == wanted).ToList();
            if (found.Count == 0)
            {
                throw new AgentRefusedException(404, new AgentError($"service \"{wanted}\": this node serves no such frontend", "`axoneme service list` shows those it serves; write the id, or namespace/name."));
            }

            agent.Print(parsed, found, AgentJson.Default.IReadOnlyListServiceView, WriteDetails);
        });

        return new Command("service", "Services: where clients send to, and who answers.") { list, get };
    }

    private static void WriteTable(IReadOnlyList<ServiceView> services, TextWriter output)
    {
        var table = new Table("ID", "Frontend", "Service Type", "Backend");
        foreach (var service in services.OrderBy(service => service.Id))
        {
            table.Add(Text(service.Id), service.Frontend, service.Type, string.Join('\n', Backends(service)));
        }

        table.WriteTo(output);
    }

    private static void WriteDetails(IReadOnlyList<ServiceView> services, TextWriter output)
    {
        foreach (var service in services.OrderBy(service => service.Id))
        {
            var fields = new FieldList(output);
            fields.Add("ID", Text(service.Id));
            fields.Add("Frontend", service.Frontend);
            fields.Add("Service type", service.Type);
            fields.Add("Name", service.Name);
            fields.Add("Flags", service.Flags);
            fields.Add("Affinity", service.AffinitySeconds is { } seconds ? $"{seconds} s" : null);
            fields.Add("Backends", [.. Backends(service).Zip(service.Backends, (line, backend) => backend switch
            {
                { State: "active", Inside: true, Outside: false } when service.Flags.Contains("external", StringComparison.Ordinal) => $"{line} for clients inside",
                { State: "active", Inside: false, Outside: true } => $"{line} for clients outside",
                _ => line,
            })]);
        }
    }

    private static IEnumerable<string> Backends(ServiceView service) => service.Backends.Select((backend, index) => $"{index + 1} => {backend.Address} ({backend.State})");

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
