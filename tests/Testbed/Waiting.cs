using System.Diagnostics;

namespace Axoneme.Testbed;

/// <summary>Tries again and again, as a person would.</summary>
internal static class Waiting
{
    /// <param name="what">What is waited for, for the failure.</param>
    /// <param name="holds">An answer that cannot be had counts as no.</param>
    /// <param name="servers">When one of them ends by itself, waiting ends; their logs go into a failure.</param>
    /// <param name="patience">How long.</param>
    /// <exception cref="TimeoutException">It did not come to hold.</exception>
    public static async Task UntilAsync(string what, Func<Task<bool>> holds, IReadOnlyList<ServerProcess> servers, TimeSpan patience)
    {
        var watch = Stopwatch.StartNew();
        Exception? last = null;
        while (watch.Elapsed < patience)
        {
            if (servers.FirstOrDefault(server => server.UnaskedExitCode is not null) is { } ended)
            {
                throw new InvalidOperationException($"waiting until {what}: the server ended with {ended.UnaskedExitCode}\n{ended.LogTail()}");
            }

            try
            {
                if (await holds())
                {
                    return;
                }

                last = null;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException or KeyNotFoundException)
            {
                last = exception;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"not within {patience.TotalSeconds:0} s: {what}\n{last?.Message}\n{string.Join("\n\n", servers.Select(server => server.LogTail()))}");
    }
}
