using System.Diagnostics;

namespace Axoneme.Testbed;

/// <summary>The demo pod's program in a namespace that is no pod's: answers TCP and UDP there as a pod does on its ports.</summary>
public sealed class Responder : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Process _process;

    private Responder(Process process, string controlSocket) => (_process, Asker) = (process, new Asker(controlSocket));

    /// <summary>Asks from where it stands.</summary>
    public Asker Asker { get; }

    /// <summary>Starts it and returns when its ports listen.</summary>
    /// <param name="netnsPath">Where it listens.</param>
    /// <param name="controlSocket">A path of its own.</param>
    /// <param name="ports">Answered on TCP and on UDP.</param>
    /// <param name="cgroup">Whose programs serve its sockets; null: the test's own.</param>
    public static async Task<Responder> StartAsync(string netnsPath, string controlSocket, IEnumerable<int> ports, string? cgroup = null)
    {
        var list = string.Join(',', ports);
        var (program, arguments) = AgentNode.Enter(cgroup, netnsPath, Product.Pod, "serve", "--control", controlSocket, "--tcp", list, "--udp", list);
        var responder = new Responder(Command.Start(program, arguments, redirect: false), controlSocket);
        var watch = Stopwatch.StartNew();
        while (!File.Exists(controlSocket))
        {
            if (responder._process.HasExited || watch.Elapsed > Patience)
            {
                await responder.DisposeAsync();
                throw new InvalidOperationException($"no responder listens in {netnsPath} on {list}");
            }

            await Task.Delay(5);
        }

        return responder;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
