using System.Net;
using System.Runtime.InteropServices;

namespace Axoneme.Policy;

/// <summary>Objects that policies refer to by name or label: CIDR groups and services.</summary>
internal sealed class ReferredObjects
{
    private readonly Dictionary<string, PolicyObject> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CidrGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Namespace, string Name), PolicyService> _services = [];
    private readonly Dictionary<(string Namespace, string Service), Dictionary<string, ServiceAddresses>> _addresses = [];

    /// <summary>Puts an object, or takes it away when null comes.</summary>
    /// <returns>The object that stood there, null when none did.</returns>
    public PolicyObject? Put(string key, PolicyObject? now)
    {
        if (_objects.Remove(key, out var old))
        {
            Set(key, old, isThere: false);
        }

        if (now is not null)
        {
            _objects.Add(key, now);
            Set(key, now, isThere: true);
        }

        return old;
    }

    /// <summary>Whether an object, as it is or was, is one that a peer means.</summary>
    public bool Concerns(PolicyObject referred, Peer peer) => (referred, peer) switch
    {
        (CidrGroup group, CidrGroupPeer named) => IsMeant(group, named),
        (PolicyService service, ServicePeer named) => IsMeant(service, named),
        (ServiceAddresses slice, ServicePeer named) => _services.TryGetValue((slice.Namespace, slice.Service), out var service) && IsMeant(service, named),
        _ => false,
    };

    public IEnumerable<IPNetwork> NetworksOf(CidrGroupPeer peer) =>
        _groups.Values.Where(group => IsMeant(group, peer)).SelectMany(group => group.Networks);

    /// <summary>A service with a selector leads to the pods it selects, one without to its addresses (Cilium's documentation, "Services based").</summary>
    public IEnumerable<Selector> SelectorsOf(ServicePeer peer)
    {
        IEnumerable<PolicyService> meant = peer is { Name: { } name, Namespace.Length: > 0 }
            ? _services.TryGetValue((peer.Namespace, name), out var only) ? [only] : []
            : _services.Values.Where(service => IsMeant(service, peer));
        foreach (var service in meant)
        {
            if (service.Selected is { } selected)
            {
                yield return selected;
                continue;
            }

            foreach (var network in AddressesOf(service))
            {
                yield return Selector.Addresses(network, []);
            }
        }
    }

    private IEnumerable<IPNetwork> AddressesOf(PolicyService service) =>
        _addresses.TryGetValue((service.Namespace, service.Name), out var slices) ? slices.Values.SelectMany(slice => slice.Addresses) : [];

    private static bool IsMeant(CidrGroup group, CidrGroupPeer peer) =>
        peer.Name is { } name ? group.Name == name : peer.GroupSelector!.Matches(group.Labels);

    private static bool IsMeant(PolicyService service, ServicePeer peer) =>
        (peer.Namespace.Length == 0 || peer.Namespace == service.Namespace)
        && (peer.Name is { } name ? name == service.Name : peer.ServiceSelector!.Matches(service.Labels));

    private void Set(string key, PolicyObject value, bool isThere)
    {
        switch (value)
        {
            case CidrGroup group:
                Set(_groups, group.Name, group, isThere);
                break;
            case PolicyService service:
                Set(_services, (service.Namespace, service.Name), service, isThere);
                break;
            case ServiceAddresses addresses:
                ref var slices = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, (addresses.Namespace, addresses.Service), out _);
                Set(slices ??= [], key, addresses, isThere);
                if (slices.Count == 0)
                {
                    _addresses.Remove((addresses.Namespace, addresses.Service));
                }

                break;
            default:
                throw new ArgumentException($"nothing refers to a {value.Kind}", nameof(value));
        }
    }

    private static void Set<TKey, TValue>(Dictionary<TKey, TValue> objects, TKey key, TValue value, bool isThere)
        where TKey : notnull
    {
        if (isThere)
        {
            objects[key] = value;
        }
        else
        {
            objects.Remove(key);
        }
    }
}
