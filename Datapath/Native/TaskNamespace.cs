using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>Moves the calling thread between network namespaces. For threads of our own only, which end there.</summary>
internal static class TaskNamespace
{
    /// <summary>Moves the calling thread into an existing network namespace.</summary>
    public static void Enter(FileDescriptor networkNamespace, string name)
    {
        using var lease = networkNamespace.Acquire();
        if (Libc.SetNamespace(lease.Number, Libc.CloneNewNet) < 0)
        {
            throw KernelException.For($"network namespace {name}", "enter", Marshal.GetLastPInvokeError(), "needs CAP_SYS_ADMIN");
        }
    }

    /// <summary>Moves the calling thread into a new network namespace.</summary>
    public static void CreateAndEnter(string name)
    {
        if (Libc.Unshare(Libc.CloneNewNet) < 0)
        {
            throw KernelException.For($"network namespace {name}", "create", Marshal.GetLastPInvokeError(), "needs CAP_SYS_ADMIN");
        }
    }
}
