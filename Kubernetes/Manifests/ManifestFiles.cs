namespace Axoneme.Kubernetes;

/// <summary>Reads the manifest files below a directory.</summary>
internal sealed class ManifestFiles(string root)
{
    private const int Depth = 16;
    private const long LargestFile = 4L * YamlLimits.Characters;

    private static readonly EnumerationOptions Recursive = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = Depth,
        IgnoreInaccessible = false,
        AttributesToSkip = FileAttributes.Hidden, // editors' and ConfigMap volumes' own files begin with a dot
    };

    private Dictionary<string, (long Length, DateTime Changed)> _seen = [];
    private Dictionary<string, FileContent> _contents = [];

    /// <summary>Text of every *.yaml, *.yml and *.json file by path relative to the root.</summary>
    /// <param name="thorough">Read also files whose size and time are what they were.</param>
    /// <param name="cancellationToken">Stops between files.</param>
    /// <exception cref="IOException">The directory cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be listed.</exception>
    public async Task<IReadOnlyDictionary<string, FileContent>> ReadAsync(bool thorough, CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, (long, DateTime)>(StringComparer.Ordinal);
        var contents = new Dictionary<string, FileContent>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(root, "*", Recursive).Where(IsManifest))
        {
            var name = Path.GetRelativePath(root, path);
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                continue; // removed since it was listed
            }

            var stamp = (info.Length, info.LastWriteTimeUtc);
            var unchanged = !thorough && _seen.TryGetValue(name, out var before) && before == stamp;
            if ((unchanged ? _contents[name] : await ReadFileAsync(path, cancellationToken)) is { } content)
            {
                seen[name] = stamp;
                contents[name] = content;
            }
        }

        (_seen, _contents) = (seen, contents);
        return contents;
    }

    private static bool IsManifest(string path) => Path.GetExtension(path) is ".yaml" or ".yml" or ".json";

    private static async Task<FileContent?> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return new FileInfo(path).Length > LargestFile
                ? new FileContent(null, $"is larger than {LargestFile >> 20} MiB; split it")
                : new FileContent(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new FileContent(null, $"cannot be read: {refused.Message}");
        }
    }
}
