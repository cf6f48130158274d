namespace Axoneme.Datapath.Network;

/// <summary>Kernel settings under /proc/sys. Those under <c>net</c> belong to the calling thread's network namespace.</summary>
public static class Sysctl
{
    /// <summary>Writes one setting.</summary>
    /// <param name="path">For example <c>net/ipv6/conf/eth0/accept_dad</c>. With slashes, since interface names may hold dots.</param>
    /// <param name="value">The text to write.</param>
    public static void Write(string path, string value) => Access(path, "write", file =>
    {
        File.WriteAllText(file, value);
        return value;
    });

    /// <summary>Reads one setting, without the line end.</summary>
    public static string Read(string path) => Access(path, "read", file => File.ReadAllText(file).TrimEnd());

    private static string Access(string path, string operation, Func<string, string> access)
    {
        try
        {
            return access($"/proc/sys/{path}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KernelException($"sysctl {path}: {operation}: {exception.Message}", inner: exception);
        }
    }
}
