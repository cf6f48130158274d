namespace Axoneme.EndToEnd.Services;

/// <summary>What kind of address is asked.</summary>
internal enum FrontendKind
{
    ClusterIP,
    NodePort,

    /// <summary>In the Service's status.</summary>
    LoadBalancer,
    ExternalIP,
    HostPort,

    /// <summary>A headless Service has none but its pods'.</summary>
    Headless,
}

/// <summary>Where a service is asked.</summary>
/// <param name="Kind">The address.</param>
/// <param name="At">The node that has it, or that those outside are led to by it; for pods' own addresses the pod's. 0: every node for itself.</param>
/// <param name="IsLocal">Both traffic policies of the service are <c>Local</c>.</param>
/// <param name="HasAffinity">Its clients stay where they were.</param>
internal sealed record Frontend(FrontendKind Kind, int At, bool IsLocal, bool HasAffinity)
{
    public override string ToString() => $"{Kind}{(At > 0 ? $" at n{At}" : "")} of {ServiceCast.NameOf(IsLocal, HasAffinity)}";
}
