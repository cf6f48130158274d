using System.Diagnostics;

namespace Axoneme.Testbed;

/// <summary>An <c>axoneme-server</c> in a network namespace, started and ended as often as a test wants.</summary>
/// <param name="logFile">What it writes, over all starts.</param>
public sealed class ServerProcess(string logFile)
{
    private const int LongestLine = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private Process? _process;

    public int Id => _process?.Id ?? throw new InvalidOperationException("the server is not running");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>How it ended when nobody had asked it to; null when it runs or somebody had.</summary>
    public int? UnaskedExitCode => _process is { HasExited: true } ? _process.ExitCode : null;

    public void Start(Namespace ns, IEnumerable<string> arguments) =>
        // A shell writes the log, so that it goes on when the test's reader is gone, and execs into the server.
        _process = Command.Start("sh", ["-c", $"exec nsenter --net={ns.Path} -- \"$0\" \"$@\" >>{logFile} 2>&1 </dev/null", Product.Server, .. arguments], redirect: false);

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        Forget();
    }

    /// <summary>Ends it by a signal it can answer.</summary>
    public async Task StopAsync(string signal = "TERM")
    {
        await SignalAsync(signal);
        using var limit = new CancellationTokenSource(Patience);
        await _process!.WaitForExitAsync(limit.Token);
        Forget();
    }

    /// <summary>Sends a signal, <c>STOP</c> and <c>CONT</c> for example, and does not wait.</summary>
    public Task SignalAsync(string signal) => Command.OkAsync("kill", $"-{signal}", Id.ToString());

    /// <summary>Kills it if it runs.</summary>
    public void End()
    {
        if (IsRunning)
        {
            _process!.Kill();
            _process.WaitForExit();
        }

        Forget();
    }

    /// <summary>Its last lines.</summary>
    public string LogTail() => File.Exists(logFile) ? string.Join('\n', File.ReadLines(logFile).TakeLast(30).Select(line => line.Length > LongestLine ? line[..LongestLine] + " …" : line)) : "(no log)";

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
    }
}
