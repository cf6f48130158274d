using Axoneme.Datapath;
using Axoneme.NodeActors;
using Axoneme.Persistence;
using Axoneme.Sandbox;
using Axoneme.Server.Logging;
using Axoneme.Server.Node;
using Microsoft.Extensions.Logging;

namespace Axoneme.Server;

/// <summary>What every command does around its parts: one process per state directory, a log, and an exit code.</summary>
internal static class ServerRun
{
    /// <summary>Runs a server until it ends.</summary>
    /// <param name="lockFile">Keeps a second process of this kind out of the state directory.</param>
    /// <param name="logFile">Where the log goes; null for the terminal.</param>
    /// <param name="run">The server. It ends by itself when it is asked to.</param>
    /// <returns>The exit code; the reason of a failure was written to standard error.</returns>
    public static async Task<int> RunAsync(string lockFile, string? logFile, Func<ILoggerFactory, Task> run)
    {
        try
        {
            using var stateLock = StateLock.Take(lockFile);
            using var loggers = LoggerFactory.Create(logging => Configure(logging, logFile));
            await run(loggers);
            return 0;
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            await Console.Error.WriteLineAsync($"axoneme-server: {failure.Message}");
            return 1;
        }
    }

    /// <summary>Runs parts until cancelled, which ends all of them, or until one ends, whose failure is thrown then.</summary>
    public static async Task ServeAsync(CancellationToken cancellationToken, params IReadOnlyList<Func<CancellationToken, Task>> parts)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = parts.Select(part => part(stop.Token)).ToArray();
        var first = await Task.WhenAny(running);
        await stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellationToken.IsCancellationRequested)
        {
            await first;
            throw new ServerException("a part of the server ended although nobody asked it to; the log has the reason");
        }
    }

    private static bool IsExpected(Exception failure) =>
        failure is ServerException or NodeAgentException or SandboxException or KernelException or JournalDamagedException or JournalUnavailableException or IOException;

    private static void Configure(ILoggingBuilder logging, string? logFile)
    {
        logging.AddFilter("Microsoft", LogLevel.Warning);
        if (logFile is not null)
        {
            logging.AddProvider(new FileLoggerProvider(logFile, TimeProvider.System));
        }
        else
        {
            logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "));
        }
    }
}
