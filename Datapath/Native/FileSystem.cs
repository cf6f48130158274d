using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>File system calls that .NET does not offer: mounts, renames over special files, identity of an open file.</summary>
internal static unsafe class FileSystem
{
    private const long BpfMagic = 0xcafe4a11; // BPF_FS_MAGIC
    private const long Cgroup2Magic = 0x63677270;

    /// <summary>Whether a path lies in a bpffs.</summary>
    public static bool IsBpf(string path) => IsOfKind(path, BpfMagic);

    /// <summary>Whether a path lies in a cgroup v2 hierarchy.</summary>
    public static bool IsCgroup2(string path) => IsOfKind(path, Cgroup2Magic);

    public static void MountBpf(string path) => Check(Libc.Mount("bpf", path, "bpf", 0, null), path, "mount bpffs");

    public static void MountBind(string source, string target) => Check(Libc.Mount(source, target, null, Libc.MountBind, null), target, $"bind mount of {source}");

    /// <summary>Unmounts; false when nothing is mounted there.</summary>
    public static bool Unmount(string path)
    {
        if (Libc.Unmount(path, Libc.UnmountDetach) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error is Errno.Invalid or Errno.NoEntry ? false : throw KernelException.For(path, "unmount", error);
    }

    /// <summary>Moves a file over another in one step.</summary>
    public static void Replace(string from, string to) => Check(Libc.Rename(from, to), to, $"rename {from}");

    /// <summary>Removes a file; false when it is not there.</summary>
    public static bool Remove(string path)
    {
        if (Libc.Unlink(path) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.NoEntry ? false : throw KernelException.For(path, "remove", error);
    }

    /// <summary>Opens for reading.</summary>
    public static FileDescriptor Open(string path, bool directory = false)
    {
        var descriptor = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloseOnExec | (directory ? Libc.OpenDirectory : 0));
        return descriptor >= 0 ? new FileDescriptor(descriptor) : throw KernelException.For(path, "open", Marshal.GetLastPInvokeError());
    }

    /// <summary>Takes an exclusive lock that lives as long as the descriptor; false when another process has it.</summary>
    public static bool TryLock(FileDescriptor file)
    {
        using var lease = file.Acquire();
        return Libc.FileLock(lease.Number, Libc.LockExclusiveNonBlocking) == 0;
    }

    /// <summary>Ends the lock now. Closing alone does so only when no copy is open, and a child process has one until it executes its program.</summary>
    public static void Unlock(FileDescriptor file)
    {
        using var lease = file.Acquire();
        _ = Libc.FileLock(lease.Number, Libc.Unlock); // fails for no lock that is held
    }

    /// <summary>Device and inode number of an open file; <c>struct stat</c> begins with both on x86_64 and arm64.</summary>
    public static (ulong Device, ulong Inode) Identity(FileDescriptor file, string path)
    {
        using var lease = file.Acquire();
        var status = stackalloc ulong[32];
        Check(Libc.FileStatus(lease.Number, status), path, "stat");
        return (status[0], status[1]);
    }

    private static bool IsOfKind(string path, long magic)
    {
        var status = stackalloc long[32];
        return Libc.FileSystemStatus(path, status) == 0 && (status[0] & 0xFFFFFFFF) == magic;
    }

    private static void Check(int result, string path, string operation)
    {
        if (result < 0)
        {
            throw KernelException.For(path, operation, Marshal.GetLastPInvokeError());
        }
    }
}
