using System.Net;
using Axoneme.ControlPlane.Entities.Services;

namespace Axoneme.Server.ControlPlane;

/// <summary>What <c>axoneme-server controlplane</c> was asked to do.</summary>
internal sealed record ControlPlaneSettings
{
    public required string Manifests { get; init; }

    public required string StateDirectory { get; init; }

    public required string RunDirectory { get; init; }

    public required string ClusterName { get; init; }

    public required uint ClusterId { get; init; }

    /// <summary>Admin HTTP over TCP, null for none.</summary>
    public required IPEndPoint? AdminAddress { get; init; }

    public required ServiceAddressSpace Services { get; init; }

    public string JournalDirectory => Path.Combine(StateDirectory, "control-plane");

    public string LockFile => Path.Combine(StateDirectory, "control-plane.pid");

    public string AdminSocket => Path.Combine(RunDirectory, "admin.sock");

    /// <summary>Where agents connect.</summary>
    public string StateSocket => Path.Combine(RunDirectory, "state.sock");
}
