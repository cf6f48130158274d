using System.Net;

namespace Axoneme.Policy;

/// <summary>Answers questions about a world. One thread at a time.</summary>
public sealed class FlowExplainer
{
    private readonly PolicyWorld _world;
    private readonly PolicyEngine _engine;
    private readonly Dictionary<IPNetwork, uint> _prefixes;

    public FlowExplainer(PolicyWorld world)
    {
        _world = world;
        _engine = world.ToEngine();
        _prefixes = world.Number(_engine.CidrPrefixes.Concat(world.ApiServers));
        foreach (var (prefix, number) in _prefixes)
        {
            _engine.UpsertIdentity(number, world.RegionLabels(prefix, _prefixes.Keys));
        }
    }

    /// <summary>Labels of an identity; null when there is none of that number.</summary>
    public LabelSet? LabelsOf(uint identity) => _engine.Identities.GetValueOrDefault(identity);

    /// <summary>The identity of the addresses of a prefix that no longer prefix in a policy holds: that of the longest prefix around it.</summary>
    public uint IdentityOf(IPNetwork region) =>
        AddressRegions.Around(region, _prefixes.Keys) is { PrefixLength: > 0 } prefix ? _prefixes[prefix]
        : region.BaseAddress.GetAddressBytes().Length == 4 ? ReservedIdentity.WorldIPv4 : ReservedIdentity.WorldIPv6;

    /// <summary>Longer prefixes within a prefix, which have identities of their own.</summary>
    public IEnumerable<IPNetwork> PrefixesWithin(IPNetwork region) =>
        _prefixes.Keys.Where(prefix => prefix.PrefixLength > region.PrefixLength && CidrText.Contains(region, prefix))
            .OrderBy(prefix => prefix.PrefixLength).ThenBy(prefix => prefix.ToString(), StringComparer.Ordinal);

    /// <summary>Why traffic passes or not.</summary>
    /// <param name="source">Identity of the sender.</param>
    /// <param name="destination">Identity of the receiver.</param>
    /// <param name="protocol">IP protocol.</param>
    /// <param name="port">Destination port, ICMP type, or 0 for protocols without ports.</param>
    /// <param name="receiver">Which endpoint it is, when those of the identity name different ports, or a node, which is others' <c>host</c>; null for the first of the identity.</param>
    /// <param name="sender">The same of the source.</param>
    public FlowExplanation Explain(uint source, uint destination, IpProtocol protocol, ushort port, string? receiver = null, string? sender = null)
    {
        var egress = Explain(Endpoint(source, sender), PolicyDirection.Egress, destination, protocol, port);
        var ingress = Explain(Endpoint(destination, receiver), PolicyDirection.Ingress, source, protocol, port);
        var open = FlowIntervals.Open[0];
        return new FlowExplanation(FlowVerdict.Of(egress?.Decision ?? open, ingress?.Decision ?? open), egress, ingress);
    }

    private Explanation? Explain(PolicyEndpoint? subject, PolicyDirection direction, uint peer, IpProtocol protocol, ushort port) =>
        subject is null ? null : _engine.Explain(_world.SubjectOf(subject), direction, peer, protocol, port);

    private PolicyEndpoint? Endpoint(uint identity, string? name) =>
        _world.Endpoints.FirstOrDefault(endpoint => name is null ? endpoint.Identity == identity : endpoint.Name == name);
}
