using Microsoft.Extensions.Hosting;

namespace Axoneme.ControlPlane.Admin;

/// <summary>Leaves the process's signals to the process: the default lifetime would take Ctrl-C for the web server alone.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
