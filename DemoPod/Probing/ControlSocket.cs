using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Axoneme.DemoPod.Serving;

namespace Axoneme.DemoPod.Probing;

/// <summary>
/// Takes probe requests as JSON lines and answers each as it ends, in any order: the id tells which. A Unix socket is reached by its
/// path from every network namespace, so the requests need no network of their own.
/// </summary>
internal static class ControlSocket
{
    private const int MaxConcurrentProbes = 128;

    /// <summary>Listens at a path, in place of what a dead predecessor may have left there.</summary>
    public static Socket Listen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(16);
            return listener;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            listener.Dispose();
            throw new IOException($"control socket {path}: {failure.Message}", failure);
        }
    }

    /// <summary>Serves requests until cancelled; owns the listener.</summary>
    public static async Task RunAsync(Socket listener, CancellationToken cancellationToken)
    {
        using (listener)
        {
            await ConnectionLoop.RunAsync(listener, ServeAsync, cancellationToken);
        }
    }

    private static async Task ServeAsync(Socket connection, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: false);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        using var slots = new SemaphoreSlim(MaxConcurrentProbes);
        using var writing = new SemaphoreSlim(1);
        var probes = new List<Task>();
        try
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                await slots.WaitAsync(cancellationToken);
                probes.RemoveAll(probe => probe.IsCompleted);
                probes.Add(AnswerAsync(line));
            }
        }
        finally
        {
            await Task.WhenAll(probes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task AnswerAsync(string line)
        {
            try
            {
                var answer = JsonSerializer.SerializeToUtf8Bytes(await ProbeAsync(line, cancellationToken), ProbeJson.Default.ProbeResult);
                await writing.WaitAsync(cancellationToken);
                try
                {
                    await stream.WriteAsync((byte[])[.. answer, (byte)'\n'], cancellationToken);
                }
                finally
                {
                    writing.Release();
                }
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private static async Task<ProbeResult> ProbeAsync(string line, CancellationToken cancellationToken)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ProbeJson.Default.ProbeRequest) is { Proto: not null, Address: not null } request
                ? await Prober.ProbeAsync(request, cancellationToken)
                : new ProbeResult(0, false, 0, "request: proto and address are required");
        }
        catch (JsonException failure)
        {
            return new ProbeResult(0, false, 0, $"request is not JSON: {failure.Message}");
        }
    }
}
