using System.Net;

namespace Axoneme.Policy.Tests.WhatIf;

/// <summary>Judges flows one by one as a node would, with none of the code under test.</summary>
internal sealed class PlainNode
{
    private readonly PolicyWorld _world;
    private readonly PolicyEngine _engine = new();
    private readonly Dictionary<string, uint> _addresses = [];
    private readonly Dictionary<PolicySubject, ResolvedPolicy> _resolved = [];

    public PlainNode(PolicyWorld world)
    {
        _world = world;
        foreach (var (number, labels) in world.Identities)
        {
            _engine.UpsertIdentity(number, labels);
            _engine.SetNamedPorts(number, world.Endpoints.Where(endpoint => endpoint.Identity == number).SelectMany(endpoint => endpoint.NamedPorts));
        }

        foreach (var (key, policy) in world.Policies)
        {
            _engine.UpsertPolicy(key, policy);
        }

        foreach (var address in SmallWorld.Addresses)
        {
            var number = 5000 + (uint)_addresses.Count;
            _addresses.Add(address.ToString(), number);
            _engine.UpsertIdentity(number, _engine.AddressLabels(address, []));
        }
    }

    /// <param name="from">An identity's number or an address.</param>
    /// <param name="to">An endpoint's name, an identity's number or an address.</param>
    /// <param name="trafficClass">The traffic.</param>
    public FlowVerdict Judge(string from, string to, uint trafficClass)
    {
        var sender = _world.Endpoints.FirstOrDefault(endpoint => endpoint.Identity == IdentityOf(from));
        var receiver = _world.Endpoints.FirstOrDefault(endpoint => endpoint.Name == to);
        var open = ResolvedPolicy.Open.Lookup(PolicyDirection.Egress, 1, 0);
        return FlowVerdict.Of(
            sender is null ? open : Resolve(sender).Lookup(PolicyDirection.Egress, IdentityOf(to), trafficClass),
            receiver is null ? open : Resolve(receiver).Lookup(PolicyDirection.Ingress, IdentityOf(from), trafficClass));
    }

    private uint IdentityOf(string end) =>
        _addresses.TryGetValue(end, out var number) ? number
        : _world.Endpoints.FirstOrDefault(endpoint => endpoint.Name == end)?.Identity ?? uint.Parse(end, System.Globalization.CultureInfo.InvariantCulture);

    private ResolvedPolicy Resolve(PolicyEndpoint endpoint)
    {
        var subject = new PolicySubject(_world.Identities[endpoint.Identity], endpoint.NamedPorts);
        if (!_resolved.TryGetValue(subject, out var resolved))
        {
            _resolved.Add(subject, resolved = _engine.Resolve(subject));
        }

        return resolved;
    }
}
