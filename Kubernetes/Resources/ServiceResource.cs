using System.Collections.Immutable;
using System.Text.Json;

namespace Axoneme.Kubernetes;

/// <summary>A Service: an address and ports that stand for pods, or for what EndpointSlices say.</summary>
public sealed record ServiceResource
{
    /// <summary>Node ports lie from here …</summary>
    public const int FirstNodePort = 30000;

    /// <summary>… to here.</summary>
    public const int LastNodePort = 32767;

    public const string ExternalName = "ExternalName";

    private const int DefaultAffinitySeconds = 10800;
    private const int LongestAffinitySeconds = 86400;

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>ClusterIP, NodePort, LoadBalancer or ExternalName.</summary>
    public required string Type { get; init; }

    public required ImmutableSortedDictionary<string, string> Annotations { get; init; }

    /// <summary>Labels of the pods it stands for; empty when slices say.</summary>
    public required ImmutableSortedDictionary<string, string> Selector { get; init; }

    /// <summary>No address is wanted: the service is a name for its pods' own.</summary>
    public required bool Headless { get; init; }

    /// <summary>Addresses that are written, one per family at most; empty when they are to be allocated.</summary>
    public required ImmutableArray<string> ClusterIps { get; init; }

    /// <summary>IPv4, IPv6 or both in order of preference; empty when nothing is written.</summary>
    public required ImmutableArray<string> IpFamilies { get; init; }

    /// <summary>SingleStack, PreferDualStack or RequireDualStack; null when nothing is written.</summary>
    public required string? IpFamilyPolicy { get; init; }

    public required ImmutableArray<ServicePortResource> Ports { get; init; }

    public required ImmutableArray<string> ExternalIps { get; init; }

    /// <summary>status.loadBalancer.ingress[].ip.</summary>
    public required ImmutableArray<string> LoadBalancerIps { get; init; }

    /// <summary>How long a client keeps its backend; 0 when it does not.</summary>
    public required int AffinitySeconds { get; init; }

    public required bool InternalTrafficLocal { get; init; }

    /// <summary>PreferClose, PreferSameZone or PreferSameNode; empty when all backends are alike.</summary>
    public required string TrafficDistribution { get; init; }

    public required bool ExternalTrafficLocal { get; init; }

    /// <summary>Networks in canonical form; empty means from anywhere.</summary>
    public required ImmutableArray<string> SourceRanges { get; init; }

    /// <summary>0 when absent.</summary>
    public required int HealthCheckNodePort { get; init; }

    public required bool PublishNotReadyAddresses { get; init; }

    /// <summary>A load balancer's ports get node ports, too.</summary>
    public required bool AllocateLoadBalancerNodePorts { get; init; }

    /// <summary>Its ports lead from every node's address.</summary>
    public bool WantsNodePorts => Type == "NodePort" || (Type == "LoadBalancer" && AllocateLoadBalancerNodePorts);

    /// <summary>Load balancers outside ask each node whether it has a backend.</summary>
    public bool WantsHealthCheckNodePort => Type == "LoadBalancer" && ExternalTrafficLocal;

    /// <summary>Reads a document of kind Service.</summary>
    public static ResourceReadResult<ServiceResource> Read(ManifestDocument document)
    {
        var reader = new ResourceReader(document);
        reader.CheckHeader("v1", "Service", ResourceName.IsDnsLabel);
        var body = document.Body;
        var type = reader.Word(body, "spec.type", "", "ClusterIP", "NodePort", "LoadBalancer", ExternalName);
        var written = ReadClusterIps(reader, body);
        var headless = type != ExternalName && written is [("None", _)];
        if (headless && type != "ClusterIP")
        {
            reader.Refuse("spec.clusterIP", $"None is for type ClusterIP, is with {type}; remove one of them");
        }

        var policy = reader.Get(body, "spec.ipFamilyPolicy") is null
            ? null
            : reader.Word(body, "spec.ipFamilyPolicy", "", "SingleStack", "PreferDualStack", "RequireDualStack");
        var clusterIps = headless || type == ExternalName ? [] : CheckClusterIps(reader, written, policy);
        var externalLocal = reader.Word(body, "spec.externalTrafficPolicy", "", "Cluster", "Local") == "Local";
        var service = new ServiceResource
        {
            Namespace = reader.Namespace(),
            Name = document.Name,
            Type = type,
            Annotations = reader.Map("metadata.annotations"),
            Selector = reader.Labels("spec.selector"),
            Headless = headless,
            ClusterIps = clusterIps,
            IpFamilies = ReadFamilies(reader, body, clusterIps, policy),
            IpFamilyPolicy = policy,
            Ports = ReadPorts(reader, body, type, headless),
            ExternalIps = ReadAddresses(reader, reader.Texts(body, "spec.externalIPs")),
            LoadBalancerIps = ReadAddresses(reader, ReadIngress(reader, body)),
            AffinitySeconds = ReadAffinity(reader, body),
            InternalTrafficLocal = reader.Word(body, "spec.internalTrafficPolicy", "", "Cluster", "Local") == "Local",
            ExternalTrafficLocal = externalLocal,
            TrafficDistribution = reader.Get(body, "spec.trafficDistribution") is null ? "" : reader.Word(body, "spec.trafficDistribution", "", "PreferClose", "PreferSameZone", "PreferSameNode"),
            SourceRanges = ReadRanges(reader, body),
            HealthCheckNodePort = ReadNodePort(reader, body, "spec.healthCheckNodePort", ""),
            PublishNotReadyAddresses = reader.Flag(body, "spec.publishNotReadyAddresses"),
            AllocateLoadBalancerNodePorts = reader.Flag(body, "spec.allocateLoadBalancerNodePorts", byDefault: true),
        };
        if (service is { HealthCheckNodePort: > 0, WantsHealthCheckNodePort: false })
        {
            reader.Refuse("spec.healthCheckNodePort", "is for type LoadBalancer with externalTrafficPolicy Local; remove it");
        }

        _ = reader.Labels(); // toServices selects by them
        return reader.Finish(service);
    }

    private static List<(string Value, string Path)> ReadClusterIps(ResourceReader reader, JsonElement body)
    {
        var list = reader.Texts(body, "spec.clusterIPs").ToList();
        if (reader.Text(body, "spec.clusterIP") is not { Length: > 0 } first)
        {
            return list;
        }

        if (list.Count > 0 && list[0].Value != first)
        {
            reader.Refuse("spec.clusterIPs[0]", $"must be what clusterIP is, {first}; remove one of them");
        }

        return [(first, "spec.clusterIP"), .. list.Skip(1)];
    }

    private static ImmutableArray<string> CheckClusterIps(ResourceReader reader, List<(string Value, string Path)> written, string? policy)
    {
        var addresses = ReadAddresses(reader, written);
        if (addresses.Select(IpFamily.Of).Distinct().Count() < addresses.Length)
        {
            reader.Refuse("spec.clusterIPs", "holds two addresses of one family; write one IPv4 and one IPv6 address at most");
        }
        else if (addresses.Length > 1 && policy == "SingleStack")
        {
            reader.Refuse("spec.ipFamilyPolicy", "is SingleStack with two clusterIPs; write PreferDualStack or remove one");
        }

        return addresses;
    }

    private static ImmutableArray<string> ReadFamilies(ResourceReader reader, JsonElement body, ImmutableArray<string> clusterIps, string? policy)
    {
        var families = ImmutableArray.CreateBuilder<string>();
        foreach (var (family, path) in reader.Texts(body, "spec.ipFamilies"))
        {
            if (family is not (IpFamily.IPv4 or IpFamily.IPv6))
            {
                reader.Refuse(path, $"must be IPv4 or IPv6, is \"{family}\"");
            }
            else if (families.Contains(family))
            {
                reader.Refuse(path, $"{family} is written twice; keep one");
            }
            else if (families.Count < clusterIps.Length && IpFamily.Of(clusterIps[families.Count]) != family)
            {
                reader.Refuse(path, $"is {family}, but the address at its place is {clusterIps[families.Count]}; write both in one order");
                families.Add(family);
            }
            else
            {
                families.Add(family);
            }
        }

        if (families.Count > 1 && policy == "SingleStack")
        {
            reader.Refuse("spec.ipFamilyPolicy", "is SingleStack with two ipFamilies; write PreferDualStack or remove one");
        }

        return families.ToImmutable();
    }

    private static ImmutableArray<ServicePortResource> ReadPorts(ResourceReader reader, JsonElement body, string type, bool headless)
    {
        var ports = ImmutableArray.CreateBuilder<ServicePortResource>();
        var places = reader.Objects(body, "spec.ports").ToList();
        if (places.Count == 0 && !headless && type != ExternalName)
        {
            reader.Refuse("spec.ports", "is missing; write one port at least, such as [{port: 80}]");
        }

        foreach (var (port, path) in places)
        {
            var prefix = path + ".";
            var read = ReadPort(reader, port, prefix);
            if (read.Name.Length == 0 && places.Count > 1)
            {
                reader.Refuse(prefix + "name", "is missing; of several ports each needs a name");
            }
            else if (read.Name.Length > 0 && ports.Any(other => other.Name == read.Name))
            {
                reader.Refuse(prefix + "name", $"\"{read.Name}\" names two ports; rename one");
            }

            if (read.Port > 0 && ports.Any(other => (other.Port, other.Protocol) == (read.Port, read.Protocol)))
            {
                reader.Refuse(prefix + "port", $"{read.Protocol} {read.Port} is written twice; keep one");
            }

            if (read.NodePort > 0 && type is "ClusterIP" or ExternalName)
            {
                reader.Refuse(prefix + "nodePort", $"is for type NodePort or LoadBalancer, is with {type}; remove it or change spec.type");
            }
            else if (read.NodePort > 0 && ports.Any(other => (other.NodePort, other.Protocol) == (read.NodePort, read.Protocol)))
            {
                reader.Refuse(prefix + "nodePort", $"{read.Protocol} {read.NodePort} is written twice; choose another");
            }

            ports.Add(read);
        }

        return ports.ToImmutable();
    }

    private static ServicePortResource ReadPort(ResourceReader reader, JsonElement port, string prefix)
    {
        var name = reader.Text(port, "name", prefix) ?? "";
        if (name.Length > 0 && !ResourceName.IsDnsLabel(name))
        {
            reader.Refuse(prefix + "name", $"\"{name}\" is not a port name; write lower-case letters, digits and inner hyphens");
        }

        var number = reader.Port(port, "port", prefix);
        return new ServicePortResource(
            name, reader.Protocol(port, prefix), number, ReadTarget(reader, port, prefix, number), ReadNodePort(reader, port, "nodePort", prefix));
    }

    private static TargetPort ReadTarget(ResourceReader reader, JsonElement port, string prefix, int number)
    {
        switch (reader.Get(port, "targetPort"))
        {
            case null:
                return new TargetPort(number);
            case { ValueKind: JsonValueKind.String } text when ResourceName.IsPortName(text.GetString()!):
                return new TargetPort(0, text.GetString()!);
            case { ValueKind: JsonValueKind.String } text:
                reader.Refuse(prefix + "targetPort", $"\"{text.GetString()}\" is not a container port's name; write a number without quotes, or a name as the pod has it");
                return default;
            default:
                return new TargetPort(reader.Number(port, "targetPort", prefix, 1, 65535) ?? 0);
        }
    }

    /// <summary>0 is how others write that there is none.</summary>
    private static int ReadNodePort(ResourceReader reader, JsonElement from, string path, string prefix)
    {
        if (reader.Number(from, path, prefix, 0, 65535) is not (> 0 and var number))
        {
            return 0;
        }

        if (number is < FirstNodePort or > LastNodePort)
        {
            reader.Refuse(prefix + path, $"must be a number from {FirstNodePort} to {LastNodePort}, is {number}; leave it out to get one");
        }

        return number;
    }

    private static IEnumerable<(string Value, string Path)> ReadIngress(ResourceReader reader, JsonElement body)
    {
        foreach (var (ingress, path) in reader.Objects(body, "status.loadBalancer.ingress"))
        {
            if (reader.Text(ingress, "ip", path + ".") is { Length: > 0 } ip)
            {
                yield return (ip, path + ".ip");
            }
        }
    }

    private static ImmutableArray<string> ReadAddresses(ResourceReader reader, IEnumerable<(string Value, string Path)> texts)
    {
        var addresses = ImmutableArray.CreateBuilder<string>();
        foreach (var (text, path) in texts)
        {
            if (AddressText.FindFault(text, out var address) is { } fault)
            {
                reader.Refuse(path, fault);
            }
            else if (!addresses.Contains(address.ToString()))
            {
                addresses.Add(address.ToString());
            }
        }

        return addresses.ToImmutable();
    }

    private static int ReadAffinity(ResourceReader reader, JsonElement body)
    {
        var seconds = reader.Number(body, "spec.sessionAffinityConfig.clientIP.timeoutSeconds", "", 1, LongestAffinitySeconds) ?? DefaultAffinitySeconds;
        return reader.Word(body, "spec.sessionAffinity", "", "None", "ClientIP") == "ClientIP" ? seconds : 0;
    }

    private static ImmutableArray<string> ReadRanges(ResourceReader reader, JsonElement body)
    {
        var ranges = ImmutableArray.CreateBuilder<string>();
        foreach (var (text, path) in reader.Texts(body, "spec.loadBalancerSourceRanges"))
        {
            if (AddressText.TryParseNetwork(text.Trim(), out var network))
            {
                ranges.Add(network.ToString());
            }
            else
            {
                reader.Refuse(path, $"\"{text}\" is not a network; write one such as 192.0.2.0/24 or 2001:db8::/32");
            }
        }

        return ranges.ToImmutable();
    }
}
