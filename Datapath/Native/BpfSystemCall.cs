using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>
/// The bpf(2) system call. Attribute structures are the parts of <c>union bpf_attr</c> (linux/bpf.h) that a command
/// reads; the kernel takes a shorter union as one whose rest is zero.
/// </summary>
internal static unsafe class BpfSystemCall
{
    private static readonly nint _number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 => 280,
        var other => throw new PlatformNotSupportedException($"bpf(2): no system call number known for {other}"),
    };

    /// <summary>Makes one call; returns its result, or minus the error number.</summary>
    public static int Call<TAttributes>(BpfCommand command, ref TAttributes attributes)
        where TAttributes : unmanaged
    {
        fixed (TAttributes* pointer = &attributes)
        {
            while (true)
            {
                var result = Libc.SystemCall(_number, (nint)command, pointer, sizeof(TAttributes));
                if (result >= 0)
                {
                    return (int)result;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.Again || command != BpfCommand.ProgramLoad)
                {
                    return -error; // EAGAIN while loading: a signal arrived in the verifier
                }
            }
        }
    }
}
