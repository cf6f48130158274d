using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>
/// A node's directory in bpffs: <c>maps/</c>, <c>programs/</c>, <c>links/</c>, and <c>incoming/</c> for maps of an upgrade under way. What is pinned there outlives the process.
/// Holding an instance is holding the directory's lock.
/// </summary>
internal sealed class PinDirectory : IDisposable
{
    private const string SystemBpf = "/sys/fs/bpf";
    private readonly FileDescriptor _lock;

    private PinDirectory(string root, FileDescriptor rootLock) => (Root, _lock) = (root, rootLock);

    public string Root { get; }

    public string Links => Path.Combine(Root, "links");

    public string Maps => Path.Combine(Root, "maps");

    public string Programs => Path.Combine(Root, "programs");

    private string IncomingMaps => Path.Combine(Root, "incoming");

    /// <summary>Opens the directory, mounting bpffs and making directories as needed; throws when another process holds it.</summary>
    public static PinDirectory Open(string root)
    {
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if ((root == SystemBpf || root.StartsWith(SystemBpf + "/", StringComparison.Ordinal)) && !FileSystem.IsBpf(SystemBpf))
        {
            FileSystem.MountBpf(SystemBpf);
        }

        MakeDirectory(root);
        if (!FileSystem.IsBpf(root))
        {
            FileSystem.MountBpf(root);
        }

        // The lock is on the directory itself, so that no two agents share it, whatever else they are told apart by.
        var rootLock = FileSystem.Open(root, directory: true);
        if (!FileSystem.TryLock(rootLock))
        {
            rootLock.Dispose();
            throw new KernelException($"bpffs directory {root}: another process holds it; give each agent a directory of its own, or stop the other one");
        }

        var directory = new PinDirectory(root, rootLock);
        MakeDirectory(directory.Maps);
        MakeDirectory(directory.Programs);
        MakeDirectory(directory.Links);
        MakeDirectory(directory.IncomingMaps);
        return directory;
    }

    public string Map(string name) => Path.Combine(Maps, name);

    public string Program(string name) => Path.Combine(Programs, name);

    /// <summary>Where a map waits until the attachments use it.</summary>
    public string Incoming(string name) => Path.Combine(IncomingMaps, name);

    /// <summary>Maps that wait, or that an earlier upgrade left, by file name.</summary>
    public IReadOnlyList<string> IncomingNames() => [.. Directory.GetFiles(IncomingMaps).Select(path => Path.GetFileName(path))];

    public static void Pin(FileDescriptor target, string path)
    {
        var result = BpfObjectCalls.Pin(target, path);
        if (result < 0)
        {
            throw KernelException.For($"pin {path}", "create", -result);
        }
    }

    /// <summary>Pins in the place of what was pinned there, in one step.</summary>
    public static void PinReplacing(FileDescriptor target, string path)
    {
        var aside = path + "_new"; // bpffs allows no dots in names
        FileSystem.Remove(aside);
        Pin(target, aside);
        FileSystem.Replace(aside, path);
    }

    /// <summary>Unpins what a version before had and this one has not: programs, and links of them, which detach.</summary>
    public void RemoveProgramsBut(IReadOnlySet<string> names)
    {
        foreach (var link in Directory.GetFiles(Links).Where(path => !names.Contains(Path.GetFileName(path).Split('_', 2)[^1])))
        {
            FileSystem.Remove(link);
        }

        foreach (var program in Directory.GetFiles(Programs).Where(path => !names.Contains(Path.GetFileName(path))))
        {
            FileSystem.Remove(program);
        }
    }

    /// <summary>Removes every pin and the directory, and unmounts the bpffs if it was mounted right there. Unpinned links detach.</summary>
    public void Remove()
    {
        foreach (var directory in Directory.GetDirectories(Root))
        {
            foreach (var pin in Directory.GetFiles(directory))
            {
                FileSystem.Remove(pin);
            }

            Directory.Delete(directory);
        }

        if (Root != SystemBpf)
        {
            FileSystem.Unmount(Root);
            Directory.Delete(Root);
        }
    }

    public void Dispose()
    {
        if (!_lock.IsClosed)
        {
            FileSystem.Unlock(_lock);
            _lock.Dispose();
        }
    }

    private static void MakeDirectory(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KernelException($"bpffs directory {path}: create: {exception.Message}", inner: exception);
        }
    }
}
