using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme bpf lb list</c>: the kernel's maps of services.</summary>
internal static class BpfLbCommand
{
    public static Command Create(AgentOptions agent)
    {
        var revnat = new Option<bool>("--revnat") { Description = "What answers seem to come from: map frontends." };
        var backends = new Option<bool>("--backends") { Description = "Map backends." };
        var maglev = new Option<bool>("--maglev") { Description = "Tables for consistent choice: the key of a backend for every entry." };
        var list = new Command("list", "List where each frontend leads; or one of the maps beside.") { revnat, backends, maglev };
        list.Validators.Add(result =>
        {
            if (new[] { revnat, backends, maglev }.Count(result.GetValue) > 1)
            {
                result.AddError("--revnat, --backends and --maglev are different lists; ask for one.");
            }
        });
        list.SetAction(parsed =>
        {
            if (parsed.GetValue(revnat))
            {
                agent.Print(parsed, AgentRoutes.BpfFrontends, AgentJson.Default.IReadOnlyListBpfFrontendView, WriteFrontends);
            }
            else if (parsed.GetValue(backends))
            {
                agent.Print(parsed, AgentRoutes.BpfBackends, AgentJson.Default.IReadOnlyListBpfBackendView, WriteBackends);
            }
            else if (parsed.GetValue(maglev))
            {
                agent.Print(parsed, AgentRoutes.BpfMaglev, AgentJson.Default.IReadOnlyListBpfMaglevView, WriteTables);
            }
            else
            {
                agent.Print(parsed, AgentRoutes.BpfServices, AgentJson.Default.IReadOnlyListBpfServiceView, WriteServices);
            }
        });
        return new Command("lb", "Services: frontends, pools and backends.") { list };
    }

    private static void WriteServices(IReadOnlyList<BpfServiceView> services, TextWriter output)
    {
        var table = new Table("ID", "GROUP", "SERVICE ADDRESS", "FLAGS", "INSIDE", "OUTSIDE");
        foreach (var service in services.OrderBy(service => service.Frontend))
        {
            var isExternal = service.Flags.Split(',').Contains("external");
            table.Add(Text(service.Frontend), Text(service.Group), service.Address, service.Flags, Pool(service.Inside), isExternal ? Pool(service.Outside) : "-");
        }

        table.WriteTo(output);
    }

    private static void WriteFrontends(IReadOnlyList<BpfFrontendView> frontends, TextWriter output)
    {
        var table = new Table("ID", "FRONTEND ADDRESS");
        foreach (var frontend in frontends.OrderBy(frontend => frontend.Id))
        {
            table.Add(Text(frontend.Id), frontend.Address);
        }

        table.WriteTo(output);
    }

    private static void WriteBackends(IReadOnlyList<BpfBackendView> backends, TextWriter output)
    {
        var table = new Table("ID", "BACKEND ADDRESS", "STATE");
        foreach (var backend in backends.OrderBy(backend => backend.Id))
        {
            table.Add(Text(backend.Id), backend.Address, backend.State);
        }

        table.WriteTo(output);
    }

    private static void WriteTables(IReadOnlyList<BpfMaglevView> tables, TextWriter output)
    {
        var table = new Table("POOL", "ENTRIES", "LOOKUP TABLE");
        foreach (var pool in tables.OrderBy(pool => pool.Pool))
        {
            table.Add(Text(pool.Pool), Text(pool.TableSize), $"[{pool.Table}]");
        }

        table.WriteTo(output);
    }

    private static string Pool(BpfPoolView? pool) => pool is null
        ? "(none)"
        : string.Join('\n', pool.Backends.Select((backend, index) => $"{(index == 0 ? $"pool {pool.Id}{(pool.TableSize > 0 ? ", maglev" : "")}\n" : "")}{backend.Address} ({backend.Id})"));

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
