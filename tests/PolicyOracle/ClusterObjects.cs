using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>What policies refer to besides the parties: the cluster's name, CIDR groups, services and their addresses.</summary>
internal sealed class ClusterObjects(string clusterName, IReadOnlyList<JsonElement> documents)
{
    public string ClusterName => clusterName;

    /// <summary>An entry of <c>fromCIDRSet</c>/<c>toCIDRSet</c>: a block, a group by its name, or groups by their labels.</summary>
    public bool CidrSetContains(JsonElement entry, OutsideAddress peer)
    {
        if (entry.Member("cidr") is not null)
        {
            return Cidrs.InBlock(entry, peer.Address);
        }

        // A group that does not exist contains nothing.
        var groups = documents.Where(d => d.Text("kind") == "CiliumCIDRGroup");
        groups = entry.Text("cidrGroupRef") is { } name
            ? groups.Where(g => g.Name() == name)
            : groups.Where(g => CarriesLabels(g, entry.GetProperty("cidrGroupSelector")));
        return groups.Any(g => g.GetProperty("spec").Items("externalCIDRs").Any(c => Cidrs.Contains(c.GetString()!, peer.Address)));
    }

    /// <summary>
    /// An entry of <c>toServices</c>. A service with a selector stands for the pods it selects ("uses the discovered services' label
    /// selector as an endpoint selector"), one without for the addresses of its endpoints as CIDRs, which "cannot select pods"
    /// (layer3.rst "Services based").
    /// </summary>
    public bool ServicesContain(JsonElement entry, Party peer) => documents
        .Where(d => d.Text("kind") == "Service" && IsMeant(entry, d))
        .Any(s => s.GetProperty("spec").Members("selector").Any() ? Selects(s, peer) : HasAddress(s, peer));

    // No namespace means any (pkg/policy/k8s/service.go; the documentation does not say).
    private static bool IsMeant(JsonElement entry, JsonElement service)
    {
        if (entry.Member("k8sServiceSelector") is { } selector)
        {
            return (selector.Text("namespace") ?? service.Namespace()) == service.Namespace()
                && CarriesLabels(service, selector.GetProperty("selector"));
        }

        var reference = entry.GetProperty("k8sService");
        return (reference.Text("namespace") ?? service.Namespace()) == service.Namespace()
            && reference.Text("serviceName") == service.Name();
    }

    // As an endpoint selector it is bound to the service's namespace and, like every one that names no cluster, to the local cluster.
    private bool Selects(JsonElement service, Party peer) =>
        peer.LabelValue("k8s", Label.Namespace) == service.Namespace()
        && peer.LabelValue("k8s", Label.Cluster) == clusterName
        && service.GetProperty("spec").Members("selector").All(m => peer.LabelValue("k8s", m.Name) == m.Value.GetString());

    private bool HasAddress(JsonElement service, Party peer) =>
        peer is OutsideAddress outside && AddressesOf(service).Any(a => Cidrs.Contains(a, outside.Address));

    private IEnumerable<string> AddressesOf(JsonElement service)
    {
        var slices = documents
            .Where(d => d.Text("kind") == "EndpointSlice" && d.Namespace() == service.Namespace()
                && d.GetProperty("metadata").Members("labels").Any(l => l.Name == "kubernetes.io/service-name" && l.Value.GetString() == service.Name()))
            .SelectMany(d => d.Items("endpoints"))
            .SelectMany(e => e.Items("addresses"))
            .Select(a => a.GetString()!);
        var endpoints = documents
            .Where(d => d.Text("kind") == "Endpoints" && d.Namespace() == service.Namespace() && d.Name() == service.Name())
            .SelectMany(d => d.Items("subsets"))
            .SelectMany(s => s.Items("addresses"))
            .Select(a => a.Text("ip")!);
        return slices.Concat(endpoints);
    }

    private static bool CarriesLabels(JsonElement document, JsonElement selector) => new LabelSelector(selector, "any")
        .Matches(document.GetProperty("metadata").Members("labels").Select(l => $"k8s:{l.Name}={l.Value.GetString()}"));
}
