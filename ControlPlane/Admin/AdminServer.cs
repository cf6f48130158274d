using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Axoneme.ControlPlane.Admin;

/// <summary>The admin HTTP server: read-only views of what the control plane believes, on loopback TCP and a private Unix socket.</summary>
public sealed class AdminServer : IAsyncDisposable
{
    private readonly WebApplication _web;

    private AdminServer(WebApplication web, IPEndPoint? address)
    {
        _web = web;
        Address = address;
    }

    /// <summary>The TCP address bound, null when none was asked for.</summary>
    public IPEndPoint? Address { get; }

    /// <exception cref="IOException">An address is in use or cannot be bound.</exception>
    public static async Task<AdminServer> StartAsync(
        AdminOptions options, ControlPlaneView view, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, EmbeddedLifetime>());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (options.Address is { } tcp)
            {
                kestrel.Listen(tcp);
            }
            if (options.Socket is { } socket)
            {
                kestrel.ListenUnixSocket(socket);
            }
        });
        var web = builder.Build();
        var routes = new AdminRoutes(view);
        web.Run(routes.HandleAsync);
        try
        {
            if (options.Socket is { } socket)
            {
                File.Delete(socket);  // what a killed process left; the journal's lock keeps a living one out
            }
            await web.StartAsync(cancellationToken).ConfigureAwait(false);
            if (options.Socket is not null)
            {
                File.SetUnixFileMode(options.Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
        catch (Exception failure)
        {
            await web.DisposeAsync().ConfigureAwait(false);
            throw failure is OperationCanceledException
                ? failure
                : new IOException($"admin server: cannot listen on {options.Address} and {options.Socket}: {failure.Message}; choose another address", failure);
        }
        return new AdminServer(web, options.Address is null ? null : BoundAddress(web));
    }

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync().ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
    }

    private static IPEndPoint? BoundAddress(WebApplication web)
    {
        var addresses = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return addresses
            .Where(address => !address.Contains("unix:", StringComparison.Ordinal))
            .Select(address => IPEndPoint.Parse(new Uri(address).Authority))
            .FirstOrDefault();
    }
}
