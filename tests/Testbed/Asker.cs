using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Axoneme.Testbed;

/// <summary>Asks many ends at once who they are, through a demo pod's program: by real connections, each of a socket of its own, of that process.</summary>
/// <param name="ControlSocket">Where the program is told what to ask.</param>
public sealed record Asker(string ControlSocket)
{
    /// <summary>How many are asked at once: more datagrams would not fit before somebody who has much to answer.</summary>
    private const int AtOnce = 32;

    /// <summary>
    /// Below the node ports, and no port that a kernel gives to others. A port that asks a service and its backend itself at once, as two who ask from one pod might by
    /// chance, would have two connections that nobody there can tell apart.
    /// </summary>
    private static readonly (int First, int Count) TcpPorts = (10_000, 20_000);

    /// <summary>Beyond the node ports. A datagram says of no port that it is free again, and translations take long to forget.</summary>
    private static readonly (int First, int Count) UdpPorts = (33_000, 32_536);

    private static int s_asked;

    /// <summary>How long an answer is waited for: only what fails takes so long.</summary>
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <summary>What was heard is in the order of what was asked.</summary>
    /// <param name="all">What to ask.</param>
    /// <param name="patience">How long an answer is waited for, where silence is what is expected.</param>
    public async Task<IReadOnlyList<Heard>> AskAsync(IEnumerable<Asked> all, TimeSpan? patience = null)
    {
        var heard = new List<Heard>();
        foreach (var some in all.Chunk(AtOnce))
        {
            heard.AddRange(await AskAtOnceAsync(some, patience ?? Answer));
        }

        return heard;
    }

    private async Task<Heard[]> AskAtOnceAsync(Asked[] all, TimeSpan patience)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(ControlSocket));
        await using var stream = new NetworkStream(socket);
        var answers = ReadAsync(stream, all.Length);
        var requests = all.Select((asked, id) => new JsonObject
        {
            ["id"] = id,
            ["proto"] = asked.Protocol,
            ["address"] = asked.Address,
            ["port"] = asked.Port,
            ["timeoutMs"] = (int)patience.TotalMilliseconds,
            ["ask"] = true,
            ["from"] = asked.From > 0 ? asked.From : NextPort(asked.Protocol == "tcp" ? TcpPorts : UdpPorts),
        }.ToJsonString());
        await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Join('\n', requests) + "\n"));
        return await answers;
    }

    private static int NextPort((int First, int Count) ports) => ports.First + (Interlocked.Increment(ref s_asked) % ports.Count);

    private static async Task<Heard[]> ReadAsync(NetworkStream stream, int count)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        var heard = new Heard[count];
        for (var i = 0; i < count; i++)
        {
            var answer = JsonNode.Parse(await reader.ReadLineAsync() ?? throw new EndOfStreamException("the program ended in the middle of its answers"))!;
            heard[(int)answer["id"]!] = Of(answer);
        }

        return heard;
    }

    /// <summary>An answer says: <c>shop/web</c>, <c>you are 10.244.0.2:40000</c>.</summary>
    private static Heard Of(JsonNode answer) =>
        (bool)answer["ok"]! && (string?)answer["answer"] is { } text && text.Split('\n') is [var who, var seen, ..]
            ? new Heard(who.Split('/')[^1], IPEndPoint.Parse(seen["you are ".Length..]).Address, null)
            : new Heard(null, null, (string?)answer["error"] ?? $"{answer}");
}
