using System.Collections.Immutable;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Services;

/// <summary>What has frontends: a service, or a pod with ports on its node.</summary>
/// <param name="IsPod">Whether it is a pod.</param>
/// <param name="Name">namespace/name.</param>
internal readonly record struct ServiceOwner(bool IsPod, string Name) : IComparable<ServiceOwner>
{
    public int CompareTo(ServiceOwner other) => IsPod != other.IsPod ? IsPod.CompareTo(other.IsPod) : string.CompareOrdinal(Name, other.Name);

    public override string ToString() => $"{(IsPod ? "pod" : "service")} {Name}";
}

/// <summary>One port of an owner: several frontends may lead to it.</summary>
internal readonly record struct GroupKey(ServiceOwner Owner, string Port, byte Protocol);

/// <summary>Kinds of frontends. Of two that want the same address and port the lesser kind has it: what the control plane gave out goes before what users write.</summary>
internal enum FrontendKind
{
    ClusterIP,
    NodePort,
    LoadBalancer,
    HostPort,
    ExternalIPs,
}

/// <summary>What an owner should have in the kernel.</summary>
internal sealed record ServicePlan(ServiceOwner Owner, ImmutableArray<GroupPlan> Groups, ImmutableArray<string> Problems)
{
    /// <summary>Where load balancers ask whether this node has endpoints; null for a service that they do not.</summary>
    public HealthCheckPlan? HealthCheck { get; init; }

    public IEnumerable<FrontendPlan> Frontends => Groups.SelectMany(group => group.Frontends);
}

/// <summary>What is answered on a service's health check port.</summary>
/// <param name="Port">At each of the node's addresses.</param>
/// <param name="LocalEndpoints">How many endpoints on this node take new connections.</param>
internal sealed record HealthCheckPlan(ushort Port, int LocalEndpoints);

/// <summary>A port with its frontends and backends.</summary>
/// <param name="Key">Which port.</param>
/// <param name="Backends">Those in a pool, and those that only keep connections.</param>
/// <param name="Ranges">Where clients outside may come from, for frontends that ask.</param>
/// <param name="Frontends">Where clients send to.</param>
internal sealed record GroupPlan(GroupKey Key, ImmutableArray<BackendPlan> Backends, ImmutableArray<IPNetwork> Ranges, ImmutableArray<FrontendPlan> Frontends)
{
    /// <summary>How clients outside get a backend.</summary>
    public required LoadBalancerAlgorithm Algorithm { get; init; }
}

/// <summary>A backend; one that is terminating keeps the connections it has.</summary>
internal readonly record struct BackendPlan(BackendAddress Address, bool IsTerminating);

/// <summary>A frontend and its two pools.</summary>
internal sealed record FrontendPlan(ServiceKey Key, FrontendKind Kind, ServiceFlags Flags, uint AffinityTicks, BackendList Inside, BackendList Outside);
