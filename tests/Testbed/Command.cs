using System.Diagnostics;

namespace Axoneme.Testbed;

/// <summary>Runs programs as a person at a shell would.</summary>
public static class Command
{
    /// <summary>Runs to the end. A command that takes longer than <paramref name="timeout"/> (default 60 s) is killed and reported.</summary>
    public static async Task<CommandResult> RunAsync(
        string program, IEnumerable<string> arguments, string? input = null, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? timeout = null)
    {
        using var process = Start(program, arguments, redirect: true, environment);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(timeout ?? TimeSpan.FromSeconds(60));
        var line = $"{program} {string.Join(' ', process.StartInfo.ArgumentList)}";
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"`{line}` did not end\n{await output}{await error}");
        }

        return new CommandResult(line, process.ExitCode, await output, await error);
    }

    /// <summary>Runs and expects success.</summary>
    public static async Task<string> OkAsync(string program, params string[] arguments) => (await RunAsync(program, arguments)).OrThrow();

    /// <summary>Starts and returns at once; the caller owns the process.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, bool redirect, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = redirect,
            RedirectStandardOutput = redirect,
            RedirectStandardError = redirect,
            UseShellExecute = false,
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
    }
}
