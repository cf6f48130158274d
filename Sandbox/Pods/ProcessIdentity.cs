using System.Diagnostics;
using System.Globalization;

namespace Axoneme.Sandbox.Pods;

/// <summary>A process id with the time the process began (clock ticks since boot): the pair is never used twice between reboots.</summary>
internal sealed record ProcessIdentity(int Id, ulong StartTime)
{
    /// <summary>Identifies a running process; null when there is none with this id, or only its remains.</summary>
    public static ProcessIdentity? Of(int id)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat");
        }
        catch (IOException)
        {
            // No such process: the directory is missing, or vanished while it was read.
            return null;
        }

        // proc(5): pid (comm) state ppid … starttime is field 22; comm may contain spaces and parentheses.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : new ProcessIdentity(id, ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    public bool IsAlive => Of(Id) == this;

    /// <summary>Kills it if it is still this process.</summary>
    public void Kill()
    {
        if (!IsAlive)
        {
            return;
        }

        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(Id);
            process.Kill();
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It ended by itself in between.
        }
    }
}
