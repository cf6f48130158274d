using System.Diagnostics;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>Set-up that is shorter in the shell's words.</summary>
internal static class Shell
{
    /// <summary>Runs a script, which ends at the first command that fails.</summary>
    /// <exception cref="InvalidOperationException">One did; the message has what it said.</exception>
    public static void Run(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-ec", script]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"set-up failed: {errors}\n{script}");
        }
    }
}
