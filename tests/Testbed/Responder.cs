using System.Diagnostics;

namespace Axoneme.Testbed;

/// <summary>The demo pod's program in a namespace that is no pod's: answers TCP and UDP there as a pod does on its ports.</summary>
public sealed class Responder : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Process _process;

    private Responder(Process process) => _process = process;

    /// <summary>Starts it and returns when its ports listen.</summary>
    /// <param name="netnsPath">Where it listens.</param>
    /// <param name="controlSocket">A path of its own.</param>
    /// <param name="ports">Answered on TCP and on UDP.</param>
    public static async Task<Responder> StartAsync(string netnsPath, string controlSocket, IEnumerable<int> ports)
    {
        var list = string.Join(',', ports);
        var arguments = Namespace.Enter(netnsPath, Product.Pod, "serve", "--control", controlSocket, "--tcp", list, "--udp", list);
        var responder = new Responder(Command.Start("nsenter", arguments, redirect: false));
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
