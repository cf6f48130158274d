using System.Net;

namespace Axoneme.ControlPlane.Admin;

/// <summary>Where the admin HTTP server listens.</summary>
public sealed record AdminOptions
{
    /// <summary>TCP address, null for none. Loopback by default: there is no authentication on it. Port 0 picks a free one.</summary>
    public IPEndPoint? Address { get; init; } = new(IPAddress.Loopback, 9870);

    /// <summary>Unix socket (mode 0600), null for none.</summary>
    public string? Socket { get; init; }
}
