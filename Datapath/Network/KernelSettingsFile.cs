namespace Axoneme.Datapath.Network;

/// <summary>
/// What kernel settings were before a node changed them, beside the agent's journal and for those who have no journal: a line
/// <c>path = value</c> each, the path as below /proc/sys.
/// </summary>
public static class KernelSettingsFile
{
    private const string Name = "kernel-settings";

    /// <summary>Writes the file of an agent's state directory, or removes it when there is nothing to remember.</summary>
    public static void Write(string stateDirectory, IReadOnlyDictionary<string, string> settings)
    {
        var path = Path.Combine(stateDirectory, Name);
        if (settings.Count == 0)
        {
            File.Delete(path);
            return;
        }

        File.WriteAllLines(path + ".new", settings.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} = {pair.Value}"));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>The file of a state directory, the agent's own or the one around it; null when there is none.</summary>
    public static string? Find(string stateDirectory) =>
        new[] { Path.Combine(stateDirectory, Name), Path.Combine(stateDirectory, "node", Name) }.FirstOrDefault(File.Exists);

    /// <summary>Reads a file.</summary>
    /// <exception cref="KernelException">A line is not a setting of the network; nothing was read.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        var settings = new Dictionary<string, string>();
        foreach (var line in File.ReadAllLines(path))
        {
            var parts = line.Split(" = ", 2);
            if (parts.Length != 2 || !parts[0].StartsWith("net/", StringComparison.Ordinal) || parts[0].Contains("..", StringComparison.Ordinal))
            {
                throw new KernelException($"{path}: \"{line}\" is no setting such as net/ipv4/ip_forward = 0");
            }

            settings[parts[0]] = parts[1];
        }

        return settings;
    }
}
