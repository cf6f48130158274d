using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.Policy;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>Writes a world into a node's maps as the product does: a changed policy under a fresh id or with a new revision, an unchanged one as it is.</summary>
internal sealed class KernelWriter(FuzzNode node, FuzzWorld world, Random random)
{
    private readonly IDatapath _datapath = node.Datapath;
    private readonly Dictionary<string, Judges> _judges = [];
    private uint _nextPolicy = 1;

    /// <summary>What judges an endpoint now.</summary>
    private sealed record Judges(uint PolicyId, uint Revision, uint Identity, string Content);

    /// <summary>Changes whenever verdicts made for this endpoint become out of date.</summary>
    public (uint PolicyId, uint Revision, uint Identity) VersionOf(Place place) =>
        _judges.TryGetValue(place.Party.Name, out var judges) ? (judges.PolicyId, judges.Revision, judges.Identity) : default;

    /// <summary>Empties every map of an earlier world, connections included.</summary>
    public void Clear()
    {
        Clear(_datapath.Conntrack4);
        Clear(_datapath.Conntrack6);
        Clear(_datapath.Nat);
        Clear(_datapath.Endpoints);
        Clear(_datapath.Hosts);
        Clear(_datapath.Prefixes);
        Clear(_datapath.Unmasqueraded);
        Clear(_datapath.Devices);
        Clear(_datapath.Policy);
        node.ForgetFragments();
        node.DrainEvents();
    }

    /// <summary>Writes everything as it is now.</summary>
    public void Write()
    {
        WritePrefixes();
        WritePolicies();
        foreach (var place in world.Places.Where(place => place.Kind != PlaceKind.Outside))
        {
            foreach (var address in new[] { place.IPv4, place.IPv6 }.OfType<IPAddress>())
            {
                _datapath.Hosts.Put(IpAddressKey.From(address), new IpcacheEntry { Identity = world.IdentityOf(place), Ifindex = place.Kind == PlaceKind.LocalPod ? place.Ifindex : 0, Tunnel = place.Tunnel });
            }
        }

        foreach (var place in world.RemoteNodes.Where(place => place.Tunnel != 0))
        {
            _datapath.Tunnels.Put(place.Tunnel, IpAddressKey.From(place.IPv4!));
        }

        foreach (var prefix in world.Unmasqueraded)
        {
            _datapath.Unmasqueraded.Put(PrefixKey.From(prefix), 1);
        }

        _datapath.Devices.Put(node.Device, new DeviceEntry { Ipv4 = IpAddressKey.From(FuzzNode.NodeIPv4).Word3, Ipv6 = IpAddressKey.From(FuzzNode.NodeIPv6), Mac = FuzzNode.DeviceMac });
    }

    private void WritePrefixes()
    {
        Clear(_datapath.Prefixes);
        foreach (var (prefix, identity) in world.Prefixes())
        {
            _datapath.Prefixes.Put(PrefixKey.From(prefix), new IpcacheEntry { Identity = identity });
        }

        foreach (var outside in world.Places.Where(place => place.Kind == PlaceKind.Outside))
        {
            var address = outside.IPv4 ?? outside.IPv6!;
            _datapath.Prefixes.Put(PrefixKey.From(new IPNetwork(address, address.GetAddressBytes().Length * 8)), new IpcacheEntry { Identity = world.IdentityOf(outside) });
        }
    }

    private void WritePolicies()
    {
        Clear(_datapath.Policy);
        var place = 0u;
        foreach (var one in world.Here)
        {
            var set = world.SetOf(one);
            var entries = set.Entries().OrderBy(entry => entry.Key.Direction).ThenBy(entry => entry.Key.Identity).Select(entry => (entry.Key, Ranges: entry.Value.Select(Kernel).ToArray())).ToList();
            var content = $"{set.IngressEnforced} {set.EgressEnforced} {string.Join(';', entries.Select(entry => $"{entry.Key}={string.Join(',', entry.Ranges.Select(range => $"{range.Low}-{range.High}:{range.Verdict}"))}"))}";
            var judges = Next(one, content);
            foreach (var (key, ranges) in entries)
            {
                var kernelKey = PolicyKey.Of(judges.PolicyId, (TrafficDirection)key.Direction, key.Identity);
                if (ranges.Length == 1)
                {
                    _datapath.Policy.Put(kernelKey, new PolicyEntry(0, 1, ranges[0]));
                    continue;
                }

                _datapath.PolicyRanges.PutMany([.. ranges.Select((_, i) => place + (uint)i)], ranges);
                _datapath.Policy.Put(kernelKey, new PolicyEntry(place, (uint)ranges.Length, default));
                place += (uint)ranges.Length;
            }

            _datapath.Endpoints.Put(one.Kind == PlaceKind.Host ? EndpointEntry.HostInterface : one.Ifindex, new EndpointEntry
            {
                Identity = judges.Identity, PolicyId = judges.PolicyId, PolicyRevision = judges.Revision, Id = one.EndpointId, Mac = one.Mac, GatewayMac = one.GatewayMac,
                Flags = (set.IngressEnforced ? EndpointFlags.IngressEnforced : 0) | (set.EgressEnforced ? EndpointFlags.EgressEnforced : 0) | (one.IsAudited ? EndpointFlags.Audit : 0),
                Ipv4 = one.Kind == PlaceKind.Host ? 0 : IpAddressKey.From(one.IPv4!).Word3,
                Ipv6 = one.Kind == PlaceKind.Host ? default : IpAddressKey.From(one.IPv6!),
            });
        }
    }

    private Judges Next(Place place, string content)
    {
        var identity = world.IdentityOf(place);
        var next = _judges.TryGetValue(place.Party.Name, out var old) && old.Content == content ? old with { Identity = identity }
            : old is not null && random.Next(3) == 0 ? new Judges(old.PolicyId, old.Revision + 1, identity, content)
            : new Judges(_nextPolicy++, 1, identity, content);
        return _judges[place.Party.Name] = next;
    }

    /// <summary>There is no proxy and no authentication: what would need one is denied.</summary>
    private static PolicyRangeEntry Kernel(PolicyInterval interval) => new(
        interval.Low, interval.High, interval.Verdict == PolicyVerdict.Allow && interval.Authentication == AuthenticationMode.Disabled ? 1u : 0u, interval.Rule);

    private static void Clear<TKey, TValue>(IKernelMap<TKey, TValue> map)
        where TKey : unmanaged
        where TValue : unmanaged => map.DeleteMany([.. map.Entries().Select(entry => entry.Key)]);
}
