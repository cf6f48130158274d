using System.Collections.Immutable;
using System.Text.Json;

namespace Axoneme.Kubernetes;

/// <summary>An EndpointSlice: some of the backends of a Service.</summary>
public sealed record EndpointSliceResource
{
    private const string ServiceLabel = "kubernetes.io/service-name";
    private const string Fqdn = "FQDN";
    private const int MostEndpoints = 1000;
    private const int MostAddresses = 100;

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>Whose backends these are, empty when nobody's.</summary>
    public required string Service { get; init; }

    /// <summary>IPv4, IPv6, or FQDN, which has no addresses that packets could be sent to.</summary>
    public required string AddressType { get; init; }

    public required ImmutableArray<EndpointPortResource> Ports { get; init; }

    public required ImmutableArray<EndpointResource> Endpoints { get; init; }

    /// <summary>Whether a service can lead there.</summary>
    public bool HasAddresses => AddressType != Fqdn;

    /// <summary>Reads a document of kind EndpointSlice.</summary>
    public static ResourceReadResult<EndpointSliceResource> Read(ManifestDocument document)
    {
        var reader = new ResourceReader(document);
        reader.CheckHeader("discovery.k8s.io/v1", "EndpointSlice", ResourceName.IsDnsSubdomain);
        var body = document.Body;
        if (reader.Get(body, "addressType") is null)
        {
            reader.Refuse("addressType", "is missing; write IPv4, IPv6 or FQDN");
        }

        var ns = reader.Namespace();
        var type = reader.Word(body, "addressType", "", IpFamily.IPv4, IpFamily.IPv6, Fqdn);
        return reader.Finish(new EndpointSliceResource
        {
            Namespace = ns,
            Name = document.Name,
            Service = reader.Labels().GetValueOrDefault(ServiceLabel, ""),
            AddressType = type,
            Ports = ReadPorts(reader, body, ""),
            Endpoints = ReadEndpoints(reader, body, type, ns),
        });
    }

    /// <summary>The ports of a slice or of a subset of Endpoints.</summary>
    internal static ImmutableArray<EndpointPortResource> ReadPorts(ResourceReader reader, JsonElement body, string at)
    {
        var ports = ImmutableArray.CreateBuilder<EndpointPortResource>();
        foreach (var (port, path) in reader.Objects(body, "ports", at))
        {
            var prefix = path + ".";
            var name = reader.Text(port, "name", prefix) ?? "";
            if (name.Length > 0 && !ResourceName.IsDnsLabel(name))
            {
                reader.Refuse(prefix + "name", $"\"{name}\" is not a port name; write lower-case letters, digits and inner hyphens");
            }
            else if (ports.Any(other => other.Name == name))
            {
                reader.Refuse(prefix + "name", $"\"{name}\" names two ports; rename one");
            }

            ports.Add(new EndpointPortResource(name, reader.Protocol(port, prefix), reader.Port(port, "port", prefix)));
        }

        return ports.ToImmutable();
    }

    private static ImmutableArray<EndpointResource> ReadEndpoints(ResourceReader reader, JsonElement body, string type, string ns)
    {
        var endpoints = ImmutableArray.CreateBuilder<EndpointResource>();
        foreach (var (endpoint, path) in reader.Objects(body, "endpoints"))
        {
            var prefix = path + ".";
            var ready = reader.Flag(endpoint, "conditions.ready", prefix, byDefault: true);
            var isPod = reader.Text(endpoint, "targetRef.kind", prefix) == "Pod";
            var pod = isPod ? reader.Text(endpoint, "targetRef.name", prefix) : null;
            endpoints.Add(new EndpointResource(
                ReadAddresses(reader, endpoint, prefix, type),
                reader.Text(endpoint, "nodeName", prefix) ?? "",
                reader.Text(endpoint, "zone", prefix) ?? "",
                pod is { Length: > 0 } ? $"{reader.Text(endpoint, "targetRef.namespace", prefix) ?? ns}/{pod}" : "",
                ready,
                reader.Flag(endpoint, "conditions.serving", prefix, byDefault: ready),
                reader.Flag(endpoint, "conditions.terminating", prefix))
            {
                ZoneHints = ReadHints(reader, endpoint, "hints.forZones", prefix),
                NodeHints = ReadHints(reader, endpoint, "hints.forNodes", prefix),
            });
        }

        if (endpoints.Count > MostEndpoints)
        {
            reader.Refuse("endpoints", $"has {endpoints.Count} members; write at most {MostEndpoints} and another EndpointSlice for the rest");
        }

        return endpoints.ToImmutable();
    }

    private static ImmutableArray<string> ReadHints(ResourceReader reader, JsonElement endpoint, string path, string prefix)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var (hint, place) in reader.Objects(endpoint, path, prefix))
        {
            if (reader.Text(hint, "name", place + ".") is { Length: > 0 } name)
            {
                names.Add(name);
            }
            else
            {
                reader.Refuse(place + ".name", "is missing; write whose clients are to go there");
            }
        }

        return names.ToImmutable();
    }

    private static ImmutableArray<string> ReadAddresses(ResourceReader reader, JsonElement endpoint, string prefix, string type)
    {
        var addresses = ImmutableArray.CreateBuilder<string>();
        var texts = reader.Texts(endpoint, "addresses", prefix).ToList();
        if (texts.Count is 0 or > MostAddresses)
        {
            reader.Refuse(prefix + "addresses", $"must have 1 to {MostAddresses} members, has {texts.Count}");
        }

        foreach (var (text, path) in texts.Where(_ => type != Fqdn))
        {
            if (AddressText.FindFault(text, out var address) is { } fault)
            {
                reader.Refuse(path, fault);
            }
            else if (IpFamily.Of(address) != type)
            {
                reader.Refuse(path, $"{text} is not of addressType {type}; write it in a slice of its own");
            }
            else
            {
                addresses.Add(address.ToString());
            }
        }

        return addresses.ToImmutable();
    }
}
