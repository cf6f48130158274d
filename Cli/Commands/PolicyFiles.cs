using System.CommandLine;
using System.CommandLine.Parsing;
using Axoneme.Kubernetes;

namespace Axoneme.Cli.Commands;

/// <summary>Files, directories and standard input that hold manifests.</summary>
internal static class PolicyFiles
{
    private static readonly EnumerationOptions s_recursive = new() { RecurseSubdirectories = true, MaxRecursionDepth = 16, AttributesToSkip = FileAttributes.Hidden };

    /// <summary>The words of an option or argument that may be given several times. No list is made by reflection, which native code cannot.</summary>
    public static IReadOnlyList<string> Words(ArgumentResult result) => [.. result.Tokens.Select(token => token.Value)];

    /// <summary>
    /// The text of each file, or why there is none. Of a directory: every *.yaml, *.yml and *.json below it, as the server reads them. A dash is
    /// standard input.
    /// </summary>
    public static SortedDictionary<string, FileContent> Read(IEnumerable<string> paths, TextReader input)
    {
        var contents = new SortedDictionary<string, FileContent>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            if (path == "-")
            {
                contents.TryAdd(path, new FileContent(input.ReadToEnd()));
                continue;
            }

            if (!Directory.Exists(path))
            {
                contents[path] = ReadFile(path);
                continue;
            }

            var files = Directory.EnumerateFiles(path, "*", s_recursive).Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json").ToList();
            if (files.Count == 0)
            {
                contents[path] = new FileContent(null, "holds no *.yaml, *.yml or *.json file");
            }

            foreach (var file in files)
            {
                contents[file] = ReadFile(file);
            }
        }

        return contents;
    }

    private static FileContent ReadFile(string path)
    {
        try
        {
            return new FileContent(File.ReadAllText(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new FileContent(null, $"cannot be read: {failure.Message}");
        }
    }
}
