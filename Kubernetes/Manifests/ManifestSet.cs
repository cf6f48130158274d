using System.Collections.Immutable;

namespace Axoneme.Kubernetes;

/// <summary>
/// The rules by which files become objects in force: a broken file keeps its last good objects, and of two definitions of one object the
/// one already in force stays. Does no input or output.
/// </summary>
public sealed class ManifestSet
{
    private readonly Func<string, string, YamlReadResult> _read;
    private readonly SortedDictionary<string, FileState> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Namespace, string Name), string> _owners = [];

    public ManifestSet()
        : this(YamlDocuments.Read)
    {
    }

    /// <param name="read">Reads a file's text, given its name and text.</param>
    internal ManifestSet(Func<string, string, YamlReadResult> read) => _read = read;

    /// <summary>What is in force now.</summary>
    public ManifestSnapshot Current { get; private set; } = ManifestSnapshot.Empty;

    /// <summary>Says which file an object in force came from before this process: of two that define it, that one stays. Before the first update.</summary>
    public void Assume(string kind, string ns, string name, string file) => _owners[(kind, ns.Length == 0 ? "default" : ns, name)] = file;

    /// <summary>Takes in the directory's files; false when nothing differs from before.</summary>
    /// <param name="contents">Text of every file there is, by name, or the reason why it cannot be read.</param>
    public bool Update(IReadOnlyDictionary<string, FileContent> contents)
    {
        var changed = Current.Version == 0 || Current.FilesInError.Contains("");
        foreach (var gone in _files.Keys.Where(file => !contents.ContainsKey(file)).ToList())
        {
            changed |= _files.Remove(gone);
        }

        foreach (var (file, content) in contents)
        {
            if (_files.TryGetValue(file, out var old) && old.Content == content)
            {
                continue;
            }

            changed = true;
            _files[file] = Read(file, content, old);
        }

        if (changed)
        {
            Publish([], []);
        }

        return changed;
    }

    /// <summary>The directory cannot be listed: everything stays in force.</summary>
    public bool Fail(string message)
    {
        var error = new ManifestError("", 0, null, null, message);
        if (Current.Errors.Contains(error))
        {
            return false;
        }

        Publish([error], [""]);
        return true;
    }

    private FileState Read(string file, FileContent content, FileState? old)
    {
        YamlReadResult result;
        try
        {
            result = content.Text is { } text ? _read(file, text) : Refused(content.Problem ?? "cannot be read");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // One file must not end the reading of all others.
            result = Refused($"cannot be read, remove or rewrite what is unusual in it: {failure.GetType().Name}: {failure.Message}");
        }

        return result.Errors.IsEmpty
            ? new FileState(content, Numbered(result.Documents, old), [])
            : new FileState(content, old?.Documents ?? [], result.Errors);

        YamlReadResult Refused(string problem) => new([], [new ManifestError(file, 0, null, null, problem)]);
    }

    /// <summary>Notes where each document stood when it appeared in its file; 0 once another one stands there.</summary>
    private static ImmutableArray<ManifestDocument> Numbered(ImmutableArray<ManifestDocument> now, FileState? old)
    {
        var known = (old?.Documents ?? []).DistinctBy(KeyOf).ToDictionary(KeyOf);
        var standing = now.DistinctBy(document => document.Index).ToDictionary(document => document.Index);
        return [.. now.Select(document => document with { FirstIndex = FirstIndexOf(document) })];

        int FirstIndexOf(ManifestDocument document)
        {
            if (!known.TryGetValue(KeyOf(document), out var before))
            {
                return document.Index;
            }

            // Of two of one name, the one that is where it was is the old one, and this is new.
            return !standing.TryGetValue(before.FirstIndex, out var there) ? before.FirstIndex
                : KeyOf(there) == KeyOf(document) ? document.Index
                : 0;
        }
    }

    private void Publish(ImmutableArray<ManifestError> errors, ImmutableHashSet<string> inError)
    {
        var documents = ImmutableArray.CreateBuilder<ManifestDocument>();
        var duplicates = new List<ManifestDocument>();
        var conflicts = new List<ManifestError>();
        foreach (var same in _files.Values.SelectMany(file => file.Documents).GroupBy(KeyOf).ToList())
        {
            var owner = same.FirstOrDefault(document => _owners.GetValueOrDefault(same.Key) == document.File) ?? same.First();
            _owners[same.Key] = owner.File;
            documents.Add(owner);
            duplicates.AddRange(same.Where(document => document != owner));
            conflicts.AddRange(same.Where(document => document != owner).Select(document => document.Error(
                "metadata.name",
                $"{Describe(document)} is already defined in {owner.File}:{owner.Line} (document {owner.Index}), which stays in force; remove or rename one")));
        }

        var live = documents.Select(KeyOf).ToHashSet();
        foreach (var key in _owners.Keys.Where(key => !live.Contains(key)).ToList())
        {
            _owners.Remove(key);
        }

        Current = new ManifestSnapshot
        {
            // Grouping changed the order.
            Documents = [.. documents.OrderBy(document => document.File, StringComparer.Ordinal).ThenBy(document => document.Index)],
            Duplicates = [.. duplicates],
            Errors = [.. errors, .. _files.Values.SelectMany(file => file.Errors), .. conflicts],
            Version = Current.Version + 1,
            FilesInError = inError.Union(_files.Where(file => !file.Value.Errors.IsEmpty).Select(file => file.Key)),
        };
    }

    /// <summary>An absent namespace is "default"; cluster-wide kinds have none, so nothing is confused.</summary>
    private static (string Kind, string Namespace, string Name) KeyOf(ManifestDocument document) =>
        (document.Kind, document.Namespace ?? "default", document.Name);

    private static string Describe(ManifestDocument document) =>
        document.Namespace is { } ns ? $"{document.Kind} {ns}/{document.Name}" : $"{document.Kind} {document.Name}";

    private sealed record FileState(FileContent Content, ImmutableArray<ManifestDocument> Documents, ImmutableArray<ManifestError> Errors);
}
