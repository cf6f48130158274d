using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Axoneme.Datapath.Native;

/// <summary>Commands of bpf(2) on any object: pins in bpffs and what the kernel knows about a descriptor.</summary>
internal static unsafe class BpfObjectCalls
{
    /// <summary>Pins an object under a path that must not exist; 0 or minus the error number.</summary>
    public static int Pin(FileDescriptor target, string path)
    {
        using var lease = target.Acquire();
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var attributes = new PathAttributes { Path = (ulong)pointer, Target = (uint)lease.Number };
            return BpfSystemCall.Call(BpfCommand.ObjectPin, ref attributes);
        }
    }

    /// <summary>Opens a pinned object; null when there is nothing under the path.</summary>
    public static FileDescriptor? OpenPinned(string path)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var attributes = new PathAttributes { Path = (ulong)pointer };
            var result = BpfSystemCall.Call(BpfCommand.ObjectGet, ref attributes);
            return result switch
            {
                >= 0 => new FileDescriptor(result),
                -Errno.NoEntry => null,
                _ => throw KernelException.For($"pin {path}", "open", -result),
            };
        }
    }

    /// <summary>Opens a program, map or type information by its number; null when it is gone.</summary>
    public static FileDescriptor? OpenById(BpfCommand command, uint id)
    {
        var attributes = new IdAttributes { Id = id };
        var result = BpfSystemCall.Call(command, ref attributes);
        return result switch
        {
            >= 0 => new FileDescriptor(result),
            -Errno.NoEntry => null,
            _ => throw KernelException.For($"{command} {id}", "open", -result),
        };
    }

    /// <summary>Reads what the kernel knows about an object.</summary>
    public static TInfo Info<TInfo>(FileDescriptor target, string subject)
        where TInfo : unmanaged
    {
        TInfo info = default;
        Info(target, subject, ref info);
        return info;
    }

    /// <summary>The same, with what the caller put into the structure: where the kernel is to write longer things.</summary>
    public static void Info<TInfo>(FileDescriptor target, string subject, ref TInfo info)
        where TInfo : unmanaged
    {
        using var lease = target.Acquire();
        fixed (TInfo* pointer = &info)
        {
            var attributes = new InfoAttributes { Target = (uint)lease.Number, Length = (uint)Unsafe.SizeOf<TInfo>(), Info = (ulong)pointer };
            var result = BpfSystemCall.Call(BpfCommand.ObjectGetInfo, ref attributes);
            if (result < 0)
            {
                throw KernelException.For(subject, "read object info", -result);
            }
        }
    }

    /// <summary>Bytes the kernel accounts for a map (<c>memlock</c> in its fdinfo); null when it does not say.</summary>
    public static ulong? Memory(FileDescriptor map)
    {
        using var lease = map.Acquire();
        var line = File.ReadLines($"/proc/self/fdinfo/{lease.Number}").FirstOrDefault(line => line.StartsWith("memlock:", StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line.AsSpan("memlock:".Length).Trim(), out var bytes) ? bytes : null;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PathAttributes
    {
        public ulong Path;
        public uint Target;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IdAttributes
    {
        public uint Id;
        public uint Next;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct InfoAttributes
    {
        public uint Target;
        public uint Length;
        public ulong Info;
    }
}
