using System.Runtime.InteropServices;
using System.Text;

namespace Axoneme.Datapath.Native;

/// <summary>
/// Collects what libbpf says on this thread, the verifier's log included, while one operation runs. libbpf has one
/// process-wide print function; outside of an operation its words are dropped, since every failure comes back as an error too.
/// </summary>
internal static unsafe class LibbpfLog
{
    private const int Warning = 0; // LIBBPF_WARN
    private const int TailLength = 4000;

    [ThreadStatic]
    private static StringBuilder? _collected;

    /// <summary>Begins to collect on the calling thread.</summary>
    public static void Begin()
    {
        Libbpf.SetPrint(&Print);
        _collected = new StringBuilder();
    }

    /// <summary>Ends collecting and returns the tail of what was said: the verifier puts its reason last.</summary>
    public static string End()
    {
        var text = (_collected?.ToString() ?? "").Trim();
        _collected = null;
        return text.Length <= TailLength ? text : "… " + text[^TailLength..];
    }

    // va_list arrives as a pointer in the calling conventions of x86_64 and arm64 Linux alike.
    [UnmanagedCallersOnly]
    private static int Print(int level, byte* format, void* arguments)
    {
        if (level != Warning || _collected is not { } collected)
        {
            return 0;
        }

        const int Size = 64 << 10;
        var buffer = (byte*)NativeMemory.Alloc(Size);
        var length = Libc.FormatVariadic(buffer, Size, format, arguments);
        collected.Append(Encoding.UTF8.GetString(buffer, Math.Clamp(length, 0, Size - 1)));
        NativeMemory.Free(buffer);
        return length;
    }
}
