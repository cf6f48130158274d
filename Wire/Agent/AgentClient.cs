using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Axoneme.Wire.Agent;

/// <summary>
/// HTTP/1.1 over the agent's Unix socket, one connection per request. It blocks on purpose: a CNI plugin lives for
/// milliseconds, and neither HttpClient nor the asynchronous socket engine is started for it.
/// </summary>
/// <param name="socketPath">The agent's socket, for example <see cref="AgentRoutes.DefaultSocket"/>.</param>
/// <param name="timeout">Longest silence of the agent that is waited for; <see cref="Timeout.InfiniteTimeSpan"/> for streams.</param>
/// <param name="server">What listens there, as errors call it: the control plane's admin API speaks the same protocol.</param>
public sealed class AgentClient(string socketPath, TimeSpan timeout, string server = "agent")
{
    /// <summary>Sends a request and reads the whole answer, whatever its status.</summary>
    /// <exception cref="AgentUnreachableException">No agent listens, it went away, or it was silent for too long.</exception>
    public AgentResponse Send(string method, string target, ReadOnlySpan<byte> body = default)
    {
        try
        {
            using var connection = Exchange(method, target, body, out var status);
            using var content = new MemoryStream();
            connection.CopyTo(content);
            return new AgentResponse(status, content.ToArray());
        }
        catch (IOException failure)
        {
            throw Unreachable(failure);
        }
    }

    /// <summary>GETs an object.</summary>
    /// <exception cref="AgentUnreachableException">As <see cref="Send"/>.</exception>
    /// <exception cref="AgentRefusedException">The agent answered with an error, or with something else than announced.</exception>
    public T Get<T>(string target, JsonTypeInfo<T> type) => Read(Send("GET", target), $"GET {target}", type);

    /// <summary>POSTs JSON and reads an object.</summary>
    /// <exception cref="AgentUnreachableException">As <see cref="Send"/>.</exception>
    /// <exception cref="AgentRefusedException">As <see cref="Get"/>.</exception>
    public T Post<T>(string target, ReadOnlySpan<byte> body, JsonTypeInfo<T> type) => Read(Send("POST", target, body), $"POST {target}", type);

    /// <summary>GETs a body that may never end, line by line as the agent writes them.</summary>
    /// <exception cref="AgentUnreachableException">As <see cref="Send"/>, also in the middle of the stream.</exception>
    /// <exception cref="AgentRefusedException">The agent answered with an error.</exception>
    public IEnumerable<string> GetLines(string target)
    {
        using var stream = OpenLines(target);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (NextLine(reader) is { } line)
        {
            yield return line;
        }
    }

    private T Read<T>(AgentResponse response, string request, JsonTypeInfo<T> type)
    {
        if (response.Status != 200)
        {
            throw Refused(response, request);
        }

        try
        {
            return JsonSerializer.Deserialize(response.Body, type) ?? throw new JsonException("null");
        }
        catch (JsonException failure)
        {
            throw new AgentRefusedException(response.Status, new AgentError(
                $"{request}: the {server}'s answer is not the expected JSON: {failure.Message}", $"Are axoneme and the {server} of one version? See `axoneme version`."));
        }
    }

    private Stream OpenLines(string target)
    {
        try
        {
            var stream = Exchange("GET", target, default, out var status);
            if (status == 200)
            {
                return stream;
            }

            using var content = new MemoryStream();
            using (stream)
            {
                stream.CopyTo(content);
            }

            throw Refused(new AgentResponse(status, content.ToArray()), $"GET {target}");
        }
        catch (IOException failure)
        {
            throw Unreachable(failure);
        }
    }

    private string? NextLine(StreamReader reader)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (IOException failure)
        {
            throw Unreachable(failure);
        }
    }

    private HttpResponseStream Exchange(string method, string target, ReadOnlySpan<byte> body, out int status)
    {
        var endPoint = EndPoint();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // A zero timeout means "for ever" to the kernel.
            var milliseconds = timeout == Timeout.InfiniteTimeSpan ? 0 : (int)timeout.TotalMilliseconds;
            socket.SendTimeout = milliseconds;
            socket.ReceiveTimeout = milliseconds;
            socket.Connect(endPoint);
            var head = string.Create(CultureInfo.InvariantCulture,
                $"{method} {target} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n");
            var request = new byte[head.Length + body.Length];
            Encoding.ASCII.GetBytes(head, request);
            body.CopyTo(request.AsSpan(head.Length));
            for (var sent = 0; sent < request.Length;)
            {
                sent += socket.Send(request.AsSpan(sent));
            }

            var stream = new HttpResponseStream(new NetworkStream(socket, ownsSocket: true));
            status = stream.Status;
            return stream;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw Unreachable(failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private UnixDomainSocketEndPoint EndPoint()
    {
        try
        {
            return new UnixDomainSocketEndPoint(socketPath);
        }
        catch (ArgumentException failure)
        {
            var reason = socketPath.Length == 0
                ? "the path is empty; name the agent's socket"
                : "the path cannot be a socket's, which has at most 107 bytes; use a shorter one";
            throw new AgentUnreachableException(socketPath, reason, failure, server);
        }
    }

    private AgentUnreachableException Unreachable(Exception failure)
    {
        var reason = (failure as SocketException ?? failure.InnerException as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressNotAvailable => "the socket does not exist",
            SocketError.ConnectionRefused => "nothing listens on it",
            SocketError.AccessDenied => "permission denied, only root may use it",
            SocketError.TimedOut or SocketError.WouldBlock => $"no answer within {timeout.TotalSeconds:0.#} s",
            _ => failure.Message,
        };
        return new AgentUnreachableException(socketPath, reason, failure, server);
    }

    private static AgentRefusedException Refused(AgentResponse response, string request)
    {
        try
        {
            if (JsonSerializer.Deserialize(response.Body, AgentJson.Default.AgentError) is { Error: not null } error)
            {
                return new AgentRefusedException(response.Status, error);
            }
        }
        catch (JsonException)
        {
            // The text itself is then the best explanation there is.
        }

        var text = Encoding.UTF8.GetString(response.Body).Trim();
        return new AgentRefusedException(response.Status, new AgentError($"{request}: HTTP {response.Status} {text}".TrimEnd(), null));
    }
}
