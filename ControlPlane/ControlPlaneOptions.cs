using System.Net;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Services;

namespace Axoneme.ControlPlane;

/// <summary>What a control plane is started with.</summary>
public sealed record ControlPlaneOptions
{
    /// <summary>Holds the journal; created (mode 0700) when missing.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Kubernetes manifests to follow, null for none.</summary>
    public string? ManifestDirectory { get; init; }

    /// <summary>The cluster's name, part of every pod's identity labels.</summary>
    public string ClusterName { get; init; } = "default";

    /// <summary>0 to <see cref="MaxClusters"/>; decides the numbers of identities.</summary>
    public uint ClusterId { get; init; }

    /// <summary>255 or 511, the same in every connected cluster.</summary>
    public uint MaxClusters { get; init; } = 255;

    /// <summary>Identity shards of a new cluster; an existing one keeps the number it was created with.</summary>
    public int IdentityShards { get; init; } = Entities.Identities.IdentityShards.DefaultCount;

    /// <summary>How long an identity outlives its last pod.</summary>
    public TimeSpan IdentityGracePeriod { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What services that name no address of their own are given; one that has an address keeps it when this changes.</summary>
    public ServiceAddressSpace Services { get; init; } = ServiceAddressSpace.Default;

    /// <summary>Admin HTTP over TCP, null for none.</summary>
    public IPEndPoint? AdminAddress { get; init; } = new(IPAddress.Loopback, 9870);

    /// <summary>Admin HTTP over a Unix socket, null for none.</summary>
    public string? AdminSocket { get; init; }

    public EngineOptions Engine { get; init; } = EngineOptions.Default;
}
