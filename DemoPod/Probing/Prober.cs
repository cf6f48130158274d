using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace Axoneme.DemoPod.Probing;

/// <summary>Makes real connections out of this process's network namespace.</summary>
internal static class Prober
{
    /// <summary>Tries once. TCP: connect and one HTTP exchange; UDP: an echo; ICMP: an echo request. Never throws for a failed attempt.</summary>
    public static async Task<ProbeResult> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var (error, answer) = await TryAsync(request, cancellationToken);
        return new ProbeResult(request.Id, error is null, (long)Stopwatch.GetElapsedTime(started).TotalMicroseconds, error, answer);
    }

    private static async Task<(string? Error, string? Answer)> TryAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        if (!IPAddress.TryParse(request.Address, out var address))
        {
            return ($"address: \"{request.Address}\" is not an IP address", null);
        }

        if (request.Proto != "icmp" && request.Port is < 1 or > 65535)
        {
            return ($"port: {request.Port} is not between 1 and 65535", null);
        }

        if (request.TimeoutMs is < 1 or > 60_000)
        {
            return ($"timeoutMs: {request.TimeoutMs} is not between 1 and 60000", null);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(request.TimeoutMs);
        try
        {
            return request.Proto switch
            {
                "tcp" => await TcpAsync(new IPEndPoint(address, request.Port), request.From, request.Ask, deadline.Token),
                "udp" when request.Ask => (null, await AskUdpAsync(new IPEndPoint(address, request.Port), request.From, deadline.Token)),
                "udp" => (await UdpAsync(new IPEndPoint(address, request.Port), deadline.Token), null),
                "icmp" => (await IcmpAsync(address, request.TimeoutMs, deadline.Token), null),
                _ => ($"proto: \"{request.Proto}\" is not tcp, udp or icmp", null),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ("timeout", null);
        }
        catch (SocketException failure)
        {
            var error = failure.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "refused",
                SocketError.HostUnreachable or SocketError.NetworkUnreachable => "unreachable",
                SocketError.TimedOut => "timeout",
                _ => failure.Message,
            };
            return (error, null);
        }
    }

    private static async Task<(string? Error, string? Answer)> TcpAsync(IPEndPoint target, int from, bool ask, CancellationToken cancellationToken)
    {
        using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Bind(socket, from);
        await socket.ConnectAsync(target, cancellationToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /probe HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n"), cancellationToken);
        var buffer = new byte[512];
        var length = 0;
        int read;
        while (length < buffer.Length && (read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken)) > 0)
        {
            length += read;
        }

        var heard = Encoding.ASCII.GetString(buffer, 0, length);
        return heard.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal)
            ? (null, ask ? heard[(heard.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..] : null)
            : ("connected, but no HTTP 200 came back", null);
    }

    private static void Bind(Socket socket, int port)
    {
        if (port > 0)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, port));
        }
    }

    private static async Task<string> AskUdpAsync(IPEndPoint target, int from, CancellationToken cancellationToken)
    {
        using var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        Bind(socket, from);
        await socket.ConnectAsync(target, cancellationToken);
        await socket.SendAsync("GET /probe"u8.ToArray(), cancellationToken);
        var buffer = new byte[512];
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, cancellationToken));
    }

    private static async Task<string?> UdpAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        using var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(target, cancellationToken);
        var sent = Guid.NewGuid().ToByteArray();
        await socket.SendAsync(sent, cancellationToken);
        var buffer = new byte[512];
        var length = await socket.ReceiveAsync(buffer, cancellationToken);
        return buffer.AsSpan(0, length).SequenceEqual(sent) ? null : "an answer came back, but not the echo";
    }

    private static async Task<string?> IcmpAsync(IPAddress target, int timeoutMs, CancellationToken cancellationToken)
    {
        using var ping = new Ping();
        var reply = await ping.SendPingAsync(target, TimeSpan.FromMilliseconds(timeoutMs), cancellationToken: cancellationToken);
        return reply.Status switch
        {
            IPStatus.Success => null,
            IPStatus.TimedOut => "timeout",
            IPStatus.DestinationHostUnreachable or IPStatus.DestinationNetworkUnreachable or IPStatus.DestinationUnreachable => "unreachable",
            var status => status.ToString(),
        };
    }
}
