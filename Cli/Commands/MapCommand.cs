using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme map list | get</c>: the kernel's maps, how large and how full they are.</summary>
internal static class MapCommand
{
    public static Command Create(AgentOptions agent)
    {
        var list = new Command("list", "All maps with their fill; of maps that programs write, as of the last collection.");
        list.SetAction(parsed => agent.Print(parsed, AgentRoutes.Maps, AgentJson.Default.IReadOnlyListMapView, Write));
        var name = new Argument<string>("name") { Description = "The map's name." };
        var get = new Command("get", "One map.") { name };
        get.SetAction(parsed =>
        {
            var maps = agent.Client(parsed).Get(AgentRoutes.Maps, AgentJson.Default.IReadOnlyListMapView);
            var wanted = maps.Where(map => map.Name == parsed.GetValue(name)).ToArray();
            if (wanted.Length == 0)
            {
                throw new AgentRefusedException(404, new AgentError($"map {parsed.GetValue(name)}: there is none", $"There are {string.Join(", ", maps.Select(map => map.Name))}."));
            }

            agent.Print(parsed, wanted, AgentJson.Default.IReadOnlyListMapView, Write);
        });
        return new Command("map", "The kernel's maps: size and fill.") { list, get };
    }

    private static void Write(IReadOnlyList<MapView> maps, TextWriter output)
    {
        var table = new Table("NAME", "TYPE", "ENTRIES", "MAX", "PRESSURE", "BYTES");
        foreach (var map in maps)
        {
            table.Add(
                map.Name, map.Type ?? "-", Text(map.Entries), map.Capacity.ToString(CultureInfo.InvariantCulture),
                map.Pressure is { } pressure ? string.Create(CultureInfo.InvariantCulture, $"{pressure * 100:F1} %") : "-", map.Bytes?.ToString(CultureInfo.InvariantCulture) ?? "-");
        }

        table.WriteTo(output);
    }

    private static string Text(uint? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
