using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Axoneme.Sandbox.Probing;

/// <summary>Lets one pod's program make a batch of connection attempts and collects the outcomes.</summary>
internal static class ProbeClient
{
    // What the program may take beyond the attempts' own timeouts: a loaded machine is not a missing connection.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Runs all attempts at once; outcomes are in the order of the attempts.</summary>
    /// <exception cref="IOException">The program went away or does not answer.</exception>
    /// <exception cref="SocketException">The program does not listen.</exception>
    public static async Task<IReadOnlyList<ProbeOutcome>> ProbeAsync(
        string controlSocket, IReadOnlyList<(string Protocol, IPAddress Address, int Port)> attempts, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout + Grace);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(controlSocket), deadline.Token);
            await using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var answers = ReadAsync(reader, attempts.Count, deadline.Token);
            using var requests = new MemoryStream();
            for (var id = 0; id < attempts.Count; id++)
            {
                var (protocol, address, port) = attempts[id];
                JsonSerializer.Serialize(requests, new ProbeRequest(id, protocol, address.ToString(), port, (int)timeout.TotalMilliseconds), ProbeJson.Default.ProbeRequest);
                requests.WriteByte((byte)'\n');
            }

            await stream.WriteAsync(requests.ToArray(), deadline.Token);
            return await answers;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{controlSocket}: the program did not answer within {(timeout + Grace).TotalSeconds:0.#} s");
        }
    }

    private static async Task<ProbeOutcome[]> ReadAsync(StreamReader reader, int count, CancellationToken cancellationToken)
    {
        var outcomes = new ProbeOutcome[count];
        for (var received = 0; received < count; received++)
        {
            var line = await reader.ReadLineAsync(cancellationToken) ?? throw new EndOfStreamException("the program ended in the middle of its answers");
            var result = JsonSerializer.Deserialize(line, ProbeJson.Default.ProbeResult)!;
            outcomes[result.Id] = new ProbeOutcome(result.Ok, TimeSpan.FromMicroseconds(result.Microseconds), result.Error);
        }

        return outcomes;
    }
}
