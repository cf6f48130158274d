namespace Axoneme.ControlPlane.Admin;

/// <summary>A service as nodes are told of it. Backends: only where one service was asked for.</summary>
public sealed record ServiceView(
    string Namespace,
    string Name,
    string Type,
    IReadOnlyList<string> ClusterIps,
    IReadOnlyList<string> ExternalIps,
    IReadOnlyList<string> LoadBalancerIps,
    IReadOnlyList<ServicePortView> Ports,
    uint? AffinitySeconds,
    string InternalTrafficPolicy,
    string ExternalTrafficPolicy,
    IReadOnlyList<string> SourceRanges,
    uint? HealthCheckNodePort,
    bool PublishNotReadyAddresses,
    IReadOnlyDictionary<string, string> Annotations,
    BackendCountView BackendCount,
    IReadOnlyList<BackendView>? Backends);
