using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Network;

/// <summary>
/// An open network namespace. Named ones live as bind mounts in <see cref="Directory"/>, where iproute2 and container
/// runtimes keep theirs. Code runs inside on a thread of its own, since a namespace is a property of a thread.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    /// <summary>Where named namespaces are mounted.</summary>
    public const string Directory = "/run/netns";

    private const string OwnNamespace = "/proc/thread-self/ns/net";

    private NetworkNamespace(FileDescriptor descriptor, string path)
    {
        (Descriptor, Path) = (descriptor, path);
        Identity = FileSystem.Identity(descriptor, path);
    }

    /// <summary>Where it was opened.</summary>
    public string Path { get; }

    /// <summary>Device and inode: equal for two handles exactly when they mean the same namespace.</summary>
    public (ulong Device, ulong Inode) Identity { get; }

    internal FileDescriptor Descriptor { get; }

    /// <summary>The calling thread's namespace.</summary>
    public static NetworkNamespace Current() => Open(OwnNamespace);

    /// <summary>Opens a namespace by path, for example <c>/proc/4711/ns/net</c> or <c>/run/netns/web-0</c>.</summary>
    public static NetworkNamespace Open(string path)
    {
        var descriptor = FileSystem.Open(path);
        try
        {
            return new NetworkNamespace(descriptor, path);
        }
        catch (KernelException)
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Opens a named namespace.</summary>
    public static NetworkNamespace OpenNamed(string name) => Open(PathOf(name));

    /// <summary>Makes a named namespace; throws when the name is taken. Its loopback interface is down.</summary>
    public static NetworkNamespace Create(string name)
    {
        var path = PathOf(name);
        System.IO.Directory.CreateDirectory(Directory);
        try
        {
            File.Open(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new KernelException($"network namespace {name}: {path} exists; delete it or choose another name", Errno.Exists, exception);
        }

        try
        {
            OnThread<object?>(name, () =>
            {
                TaskNamespace.CreateAndEnter(name);
                FileSystem.MountBind(OwnNamespace, path);
                return null;
            });
            return Open(path);
        }
        catch (KernelException)
        {
            FileSystem.Remove(path);
            throw;
        }
    }

    /// <summary>Removes a named namespace; it lives on while a process or an open handle is in it. False when there is none.</summary>
    public static bool Delete(string name)
    {
        var path = PathOf(name);
        FileSystem.Unmount(path);
        return FileSystem.Remove(path);
    }

    /// <summary>Whether both mean the same namespace.</summary>
    public bool IsSameAs(NetworkNamespace other) => Identity == other.Identity;

    /// <summary>The number by which programs know it; no other namespace has it until the machine starts again.</summary>
    public ulong Cookie() => Run(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Span<byte> cookie = stackalloc byte[sizeof(ulong)];
        socket.GetRawSocketOption(Libc.SocketLevel, Libc.NetworkNamespaceCookie, cookie);
        return MemoryMarshal.Read<ulong>(cookie);
    });

    /// <summary>Runs an action inside, on a thread of its own, and waits for it; its exceptions come out here.</summary>
    public void Run(Action action) => Run<object?>(() =>
    {
        action();
        return null;
    });

    /// <summary>As <see cref="Run(Action)"/>, with a result.</summary>
    public T Run<T>(Func<T> function) => OnThread(Path, () =>
    {
        TaskNamespace.Enter(Descriptor, Path);
        return function();
    });

    public void Dispose() => Descriptor.Dispose();

    public override string ToString() => Path;

    private static string PathOf(string name) => name.Length > 0 && !name.Contains('/') && name is not ("." or "..")
        ? $"{Directory}/{name}"
        : throw new KernelException($"network namespace \"{name}\": a name has no slash and is not empty", Errno.Invalid);

    // The thread ends in the other namespace and is never reused: nothing to restore, nothing to leak into the pool.
    private static T OnThread<T>(string name, Func<T> function)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        }, maxStackSize: 256 << 10)
        {
            Name = $"netns {name}",
            IsBackground = true,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
