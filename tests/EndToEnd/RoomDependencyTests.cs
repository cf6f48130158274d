using System.Xml.Linq;

namespace Axoneme.EndToEnd;

/// <summary>A room uses only what its line in docs/architecture.md allows.</summary>
public sealed class RoomDependencyTests
{
    private static readonly string[] _rooms = [.. Directory.GetDirectories(Product.Root).Select(path => Path.GetFileName(path)!).Where(room => File.Exists(ProjectOf(room)))];

    [Fact]
    public void Every_room_uses_only_the_rooms_the_architecture_allows()
    {
        var allowed = ReadTable();
        foreach (var room in _rooms.Where(allowed.ContainsKey))
        {
            var used = XDocument.Load(ProjectOf(room)).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.Empty(used.Except(allowed[room]).Select(other => $"{room} → {other}"));
        }
    }

    [Fact]
    public void Every_room_has_a_line_and_every_line_a_room()
    {
        var table = ReadTable();
        Assert.Equal(_rooms.Where(room => room != "benchmarks").Order(), table.Keys.Order());
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Product.Root, "ControlPlane.sln"));
        var projects = Directory.GetFiles(Product.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Product.Root, path))
            .Where(path => !path.StartsWith("artifacts", StringComparison.Ordinal));
        Assert.DoesNotContain(projects, path => !solution.Contains(path.Replace('/', '\\'), StringComparison.Ordinal) && !solution.Contains(path, StringComparison.Ordinal));
    }

    private static string ProjectOf(string room) => Path.Combine(Product.Root, room, room == "benchmarks" ? "Benchmarks.csproj" : $"{room}.csproj");

    private static Dictionary<string, string[]> ReadTable()
    {
        var lines = File.ReadAllLines(Path.Combine(Product.Root, "docs", "architecture.md"))
            .SkipWhile(line => !line.StartsWith("| room |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries));
        var rooms = lines.ToDictionary(cells => cells[1].Trim('`'), cells => cells[2]);
        return rooms.ToDictionary(room => room.Key, room => room.Value switch
        {
            "–" => [],
            "all of the above" => [.. rooms.Keys.Except(["Cni", "Cli", "DemoPod", "Server"])],
            var text => text.Split(',', StringSplitOptions.TrimEntries),
        });
    }
}
