using System.Text;

namespace Axoneme.Datapath.Native;

/// <summary>Names of programs and maps as the kernel keeps them: 16 bytes (<c>BPF_OBJ_NAME_LEN</c>), the rest zero.</summary>
internal static class KernelName
{
    private const int Length = 16;

    public static unsafe string Read(byte* name)
    {
        var bytes = new ReadOnlySpan<byte>(name, Length);
        var end = bytes.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
