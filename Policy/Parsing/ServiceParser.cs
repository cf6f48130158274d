using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Reads Kubernetes' Service and Endpoints (v1) and EndpointSlice (discovery.k8s.io/v1), as far as <c>toServices</c> needs them.</summary>
internal static class ServiceParser
{
    private const string ServiceName = "kubernetes.io/service-name";

    public static PolicyObject? ParseService(FieldReader root)
    {
        var header = ObjectHeader.Read(root, namespaced: true);
        var spec = root.Object("spec");

        // An ExternalName service is a DNS alias: Kubernetes ignores its selector.
        var written = spec?.String("type") == "ExternalName" ? null : spec?.Object("selector");
        var pods = written is null ? [] : SelectorParser.ParseLabels(written, LabelSource.Kubernetes);
        var selected = pods.Count == 0
            ? null
            : new Selector(pods.Append(LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.PodNamespace, header.Namespace)));
        var content = CompactJson.Of(("labels", header.LabelTexts), ("selector", pods.SelectMany(pod => pod.Values.Prepend(pod.Key))));
        return new PolicyService(header.Namespace, header.Name, content, header.Labels, selected);
    }

    public static PolicyObject? ParseSlice(FieldReader root)
    {
        var header = ObjectHeader.Read(root, namespaced: true);
        header.Labels.TryGet(LabelSource.Kubernetes, ServiceName, out var service);
        var length = root.String("addressType") switch
        {
            "IPv4" => 32,
            "IPv6" => 128,
            "FQDN" => 0,
            _ => -1,
        };
        if (length < 0)
        {
            root.Refuse("addressType", "must be IPv4, IPv6 or FQDN");
        }

        // An endpoint counts whatever its conditions say: connections to one that is not ready, or is terminating, may still be open.
        var addresses = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var (text, path) in root.Objects("endpoints").SelectMany(endpoint => endpoint.List("addresses")?.Strings ?? []))
        {
            if (length > 0 && ParseAddress(root, path, text, length == 128) is { } address)
            {
                addresses.Add(address);
            }
        }

        return Of(header, service, addresses);
    }

    public static PolicyObject? ParseEndpoints(FieldReader root)
    {
        var header = ObjectHeader.Read(root, namespaced: true);
        var addresses = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var host in root.Objects("subsets").SelectMany(subset => subset.Objects("addresses").Concat(subset.Objects("notReadyAddresses"))))
        {
            if (host.String("ip") is { } text && ParseAddress(host, host.PathOf("ip"), text, text.Contains(':')) is { } address)
            {
                addresses.Add(address);
            }
        }

        return Of(header, header.Name, addresses);
    }

    private static ServiceAddresses Of(ObjectHeader header, string service, ImmutableArray<IPNetwork>.Builder addresses)
    {
        var content = CompactJson.Of(("service", [service]), ("addresses", addresses.Select(address => address.ToString())));
        return new ServiceAddresses(header.Kind, header.Namespace, header.Name, content, service, addresses.ToImmutable());
    }

    private static IPNetwork? ParseAddress(FieldReader at, string path, string text, bool isIpv6)
    {
        if (text.Contains(':') == isIpv6 && CidrText.TryParse($"{text}/{(isIpv6 ? 128 : 32)}", out var address))
        {
            return address;
        }

        at.RefuseAt(path, $"{FieldReader.Quote(text)} is not an address{(isIpv6 ? " of IPv6" : " of IPv4")}");
        return null;
    }
}
