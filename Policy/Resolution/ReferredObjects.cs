using System.Net;

namespace Axoneme.Policy;

/// <summary>Objects that policies refer to by name or label: CIDR groups and services.</summary>
internal sealed class ReferredObjects
{
    private readonly Dictionary<string, CidrGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PolicyService> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServiceAddresses> _addresses = new(StringComparer.Ordinal);

    /// <summary>False when an equal object stands there already.</summary>
    public bool Upsert(string key, PolicyObject value) => value switch
    {
        CidrGroup group => Put(_groups, key, group),
        PolicyService service => Put(_services, key, service),
        ServiceAddresses addresses => Put(_addresses, key, addresses),
        _ => throw new ArgumentException($"nothing refers to a {value.Kind}", nameof(value)),
    };

    /// <summary>The object that stood there, null when none did.</summary>
    public PolicyObject? Remove(string key) =>
        _groups.Remove(key, out var group) ? group
        : _services.Remove(key, out var service) ? service
        : _addresses.Remove(key, out var addresses) ? addresses
        : null;

    public IEnumerable<IPNetwork> NetworksOf(CidrGroupPeer peer) => _groups.Values
        .Where(group => peer.Name is { } name ? group.Name == name : peer.GroupSelector!.Matches(group.Labels))
        .SelectMany(group => group.Networks);

    /// <summary>A service with a selector leads to the pods it selects, one without to its addresses (Cilium's documentation, "Services based").</summary>
    public IEnumerable<Selector> SelectorsOf(ServicePeer peer)
    {
        foreach (var service in _services.Values.Where(service => IsMeant(service, peer)))
        {
            if (service.Selected is { } selected)
            {
                yield return selected;
                continue;
            }

            foreach (var network in _addresses.Values
                .Where(slice => slice.Namespace == service.Namespace && slice.Service == service.Name)
                .SelectMany(slice => slice.Addresses))
            {
                yield return Selector.Addresses(network, []);
            }
        }
    }

    private static bool IsMeant(PolicyService service, ServicePeer peer) =>
        (peer.Namespace.Length == 0 || peer.Namespace == service.Namespace)
        && (peer.Name is { } name ? name == service.Name : peer.ServiceSelector!.Matches(service.Labels));

    private static bool Put<T>(Dictionary<string, T> objects, string key, T value)
        where T : PolicyObject
    {
        if (objects.TryGetValue(key, out var old) && old.Content == value.Content)
        {
            return false;
        }

        objects[key] = value;
        return true;
    }
}
