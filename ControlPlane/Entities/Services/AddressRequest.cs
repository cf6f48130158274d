using System.Collections.Immutable;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>What a service wants to have to itself.</summary>
/// <param name="Service">namespace/name.</param>
/// <param name="ClusterIps">Those that are written, one per family at most; the others are allocated.</param>
/// <param name="Families">IPv4, IPv6; empty when nothing is written.</param>
/// <param name="FamilyPolicy">As in Kubernetes, null when nothing is written.</param>
/// <param name="NodePorts">By protocol and port, in the order of the service's ports; 0: any. Empty when it wants none.</param>
/// <param name="HealthCheckNodePort">0: any; null: none is wanted.</param>
public sealed record AddressRequest(
    string Service,
    ImmutableArray<string> ClusterIps,
    ImmutableArray<string> Families,
    string? FamilyPolicy,
    ImmutableArray<(string Port, int NodePort)> NodePorts,
    int? HealthCheckNodePort);
