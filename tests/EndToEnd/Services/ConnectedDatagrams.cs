using System.Diagnostics;

namespace Axoneme.EndToEnd.Services;

/// <summary>A connected UDP socket of a pod's or the node's own process, whose connect the node's programs see: a shell's, by /dev/udp.</summary>
internal sealed class ConnectedDatagrams : IDisposable
{
    private const string Script = """
        exec 3<>"/dev/udp/$0/$1"
        while read -r verb; do
            case $verb in
            connect) exec 3>&- 3<>"/dev/udp/$0/$1" && echo connected || echo refused;;
            ask)
                printf 'GET / HTTP/1.1' 2>/dev/null >&3 # with ends of lines a shell would write as many datagrams
                heard=$(timeout 3 dd bs=4096 count=1 status=none <&3 2>&1 | head -n 1)
                echo "${heard:-nobody}";;
            esac
        done
        """;

    private readonly Process _process;

    private ConnectedDatagrams(Process process) => _process = process;

    public static Task<ConnectedDatagrams> BeginAsync(AgentNode node, Pod pod, string address, int port) =>
        AnsweredAsync(new(node.StartIn(pod, "bash", "-c", Script, address, $"{port}")));

    public static Task<ConnectedDatagrams> BeginAsync(AgentNode node, string address, int port) =>
        AnsweredAsync(new(Command.Start("sh", ["-ec", "echo $$ > \"$0\"; exec nsenter \"$@\"", Path.Combine(node.Cgroup!, "cgroup.procs"), .. Namespace.Enter(node.Namespace.Path, "bash", "-c", Script, address, $"{port}")], redirect: true)));

    /// <summary>The pod that answers now, without its namespace; or the error that the socket brought.</summary>
    public async Task<string> AskAsync() => (await SayAsync("ask")).Split('/')[^1];

    /// <summary>Has it connect again, to the same address, and until it is answered.</summary>
    public async Task ConnectAsync()
    {
        Assert.Equal("connected", await SayAsync("connect"));
        await AnsweredAsync(this);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>The pod's sockets that nobody helps may have had the port that the kernel chose; what translates their packets is not forgotten yet.</summary>
    private static async Task<ConnectedDatagrams> AnsweredAsync(ConnectedDatagrams socket)
    {
        for (var attempt = 1; await socket.AskAsync() == "nobody"; attempt++)
        {
            Assert.True(attempt < 5, "nobody answers, whatever the port");
            Assert.Equal("connected", await socket.SayAsync("connect"));
        }

        return socket;
    }

    private async Task<string> SayAsync(string verb)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _process.StandardInput.WriteLineAsync(verb.AsMemory(), limit.Token);
        await _process.StandardInput.FlushAsync(limit.Token);
        return await _process.StandardOutput.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException(await _process.StandardError.ReadToEndAsync(limit.Token));
    }
}
