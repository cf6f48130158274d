using Axoneme.ControlPlane.Entities.Services;
using Axoneme.Kubernetes;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>A valid Service and where it was written.</summary>
internal sealed record ManifestService(ServiceResource Service, ManifestDocument Document)
{
    private const string CiliumAnnotations = "service.cilium.io/";

    /// <summary>Older names of some of them, which Cilium still takes.</summary>
    private static readonly Dictionary<string, string> s_olderNames = new()
    {
        ["io.cilium/global-service"] = "service.cilium.io/global",
        ["io.cilium/shared-service"] = "service.cilium.io/shared",
        ["io.cilium/service-affinity"] = "service.cilium.io/affinity",
    };

    public string Id => $"{Service.Namespace}/{Service.Name}";

    public string Source => ManifestSource.Of(Document);

    /// <summary>What it wants to have to itself; null when nothing.</summary>
    public AddressRequest? Request => Service.Headless || Service.Type == ServiceResource.ExternalName ? null : new AddressRequest(
        Id, Service.ClusterIps, Service.IpFamilies, Service.IpFamilyPolicy,
        Service.WantsNodePorts ? [.. Service.Ports.Select(port => (KeyOf(port), port.NodePort))] : [],
        Service.WantsHealthCheckNodePort ? Service.HealthCheckNodePort : null);

    /// <param name="lease">What it got.</param>
    public DesiredService With(ServiceLease? lease) => new()
    {
        Service = new ServiceRecord
        {
            Namespace = Service.Namespace,
            Name = Service.Name,
            Type = Service.Type,
            ClusterIps = { lease?.ClusterIps ?? [] },
            ExternalIps = { Service.ExternalIps },
            LoadBalancerIps = { Service.Type == "LoadBalancer" ? Service.LoadBalancerIps : [] },
            Ports =
            {
                Service.Ports.Select(port => new ServicePort
                {
                    Name = port.Name, Protocol = port.Protocol, Port = (uint)port.Port, NodePort = lease?.NodePorts.GetValueOrDefault(KeyOf(port)) ?? 0,
                }),
            },
            AffinitySeconds = (uint)Service.AffinitySeconds,
            InternalTrafficLocal = Service.InternalTrafficLocal,
            ExternalTrafficLocal = Service.ExternalTrafficLocal,
            SourceRanges = { Service.SourceRanges },
            Annotations = { Annotations() },
            HealthCheckNodePort = lease?.HealthCheckNodePort ?? 0,
            TrafficDistribution = Service.TrafficDistribution,
            PublishNotReadyAddresses = Service.PublishNotReadyAddresses,
        },
        Selector = { Service.Selector },
        Targets = { Service.Ports.Select(port => new ServiceTarget { Number = (uint)port.Target.Number, Name = port.Target.Name }) },
        Source = Source,
    };

    private Dictionary<string, string> Annotations()
    {
        var annotations = Service.Annotations.Where(annotation => annotation.Key.StartsWith(CiliumAnnotations, StringComparison.Ordinal)).ToDictionary();
        foreach (var (older, name) in s_olderNames)
        {
            if (Service.Annotations.TryGetValue(older, out var value))
            {
                annotations.TryAdd(name, value);
            }
        }
        return annotations;
    }

    private static string KeyOf(ServicePortResource port) => $"{port.Protocol}/{port.Port}";
}
