using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Axoneme.Kubernetes;

/// <summary>An Endpoints object (v1), the older way to say what is behind a Service of its name, as the slices that Kubernetes' mirroring controller would make of it.</summary>
public sealed record EndpointsResource
{
    private const string SkipLabel = "endpointslice.kubernetes.io/skip-mirror";
    private const string LeaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

    /// <summary>In a slice's name behind its object's; no name that people may give has it.</summary>
    private const char Mark = ':';

    /// <summary>One per subset and address family; none when the object asks not to be mirrored.</summary>
    public required ImmutableArray<EndpointSliceResource> Slices { get; init; }

    /// <summary>Reads a document of kind Endpoints.</summary>
    public static ResourceReadResult<EndpointsResource> Read(ManifestDocument document)
    {
        var reader = new ResourceReader(document);
        reader.CheckHeader("v1", "Endpoints", ResourceName.IsDnsSubdomain);
        var ns = reader.Namespace();
        var slices = ImmutableArray.CreateBuilder<EndpointSliceResource>();
        foreach (var (subset, path) in reader.Objects(document.Body, "subsets"))
        {
            var prefix = path + ".";
            var ports = EndpointSliceResource.ReadPorts(reader, subset, prefix);
            var endpoints = ReadAddresses(reader, subset, "addresses", prefix, ns, ready: true).Concat(ReadAddresses(reader, subset, "notReadyAddresses", prefix, ns, ready: false));
            foreach (var family in endpoints.ToLookup(endpoint => IpFamily.Of(endpoint.Addresses[0])).OrderBy(family => family.Key, StringComparer.Ordinal))
            {
                slices.Add(new EndpointSliceResource
                {
                    Namespace = ns,
                    Name = string.Create(CultureInfo.InvariantCulture, $"{document.Name}{Mark}endpoints{Mark}{slices.Count}"),
                    Service = document.Name,
                    AddressType = family.Key,
                    Ports = ports,
                    Endpoints = [.. family],
                });
            }
        }

        var isMirrored = reader.Labels().GetValueOrDefault(SkipLabel) != "true" && !reader.Map("metadata.annotations").ContainsKey(LeaderAnnotation);
        return reader.Finish(new EndpointsResource { Slices = isMirrored ? slices.ToImmutable() : [] });
    }

    private static List<EndpointResource> ReadAddresses(ResourceReader reader, JsonElement subset, string list, string prefix, string ns, bool ready)
    {
        var endpoints = new List<EndpointResource>();
        foreach (var (item, path) in reader.Objects(subset, list, prefix))
        {
            var at = path + ".";
            var text = reader.Text(item, "ip", at) ?? "";
            if (AddressText.FindFault(text, out var address) is { } fault)
            {
                reader.Refuse(at + "ip", fault);
                continue;
            }

            var pod = reader.Text(item, "targetRef.kind", at) == "Pod" ? reader.Text(item, "targetRef.name", at) : null;
            endpoints.Add(new EndpointResource(
                [address.ToString()], reader.Text(item, "nodeName", at) ?? "", "",
                pod is { Length: > 0 } ? $"{reader.Text(item, "targetRef.namespace", at) ?? ns}/{pod}" : "", ready, ready, Terminating: false));
        }

        return endpoints;
    }
}
