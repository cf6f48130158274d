using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Admin;

/// <summary>A whole control plane on real directories, asked over its real sockets.</summary>
public abstract class AskedControlPlane(string manifests) : IAsyncLifetime
{
    private protected TemporaryDirectory ManifestDirectory { get; } = new();

    private protected TemporaryDirectory StateDirectory { get; } = new();

    private protected ControlPlaneHost Host { get; set; } = null!;

    private protected HttpClient Http { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        ManifestDirectory.Write("all.yaml", manifests);
        Host = await StartAsync();
        Http = new HttpClient { BaseAddress = new Uri($"http://{Host.AdminAddress}") };
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        ManifestDirectory.Dispose();
        StateDirectory.Dispose();
    }

    private protected Task<ControlPlaneHost> StartAsync() => ControlPlaneHost.StartAsync(
        new ControlPlaneOptions
        {
            StateDirectory = StateDirectory.Path,
            ManifestDirectory = ManifestDirectory.Path,
            AdminAddress = new IPEndPoint(IPAddress.Loopback, 0),
            AdminSocket = Path.Combine(StateDirectory.Path, "admin.sock"),
        },
        TimeProvider.System,
        NullLoggerFactory.Instance,
        CancellationToken.None);

    private protected async Task<JsonElement> AskAsync(string what, object question)
    {
        using var response = await Http.PostAsJsonAsync($"/v1/policy/{what}", question);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
