using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Everything verdicts depend on, at one moment. Prefixes that policies name need not be given: they get identities as on a node.</summary>
public sealed record PolicyWorld
{
    /// <summary>The identities there are, by number. Reserved ones that are left out are known to selectors and never compared.</summary>
    public required ImmutableDictionary<uint, LabelSet> Identities { get; init; }

    /// <summary>Endpoints that policies are enforced on; each has one of <see cref="Identities"/>.</summary>
    public required ImmutableArray<PolicyEndpoint> Endpoints { get; init; }

    /// <summary>By <see cref="PolicyObject.Key"/>: policies, and what they refer to.</summary>
    public required ImmutableDictionary<string, PolicyObject> Policies { get; init; }

    /// <summary>The local cluster's name, for entity <c>cluster</c>.</summary>
    public string ClusterName { get; init; } = "default";

    /// <summary>What policies for nodes cannot cut off; null when nothing.</summary>
    public ControlTraffic? Control { get; init; }

    /// <summary>Addresses outside the cluster at which the Kubernetes API is served, as prefixes of full length.</summary>
    public ImmutableHashSet<IPNetwork> ApiServers { get; init; } = [];

    /// <summary>An engine that knows all of it but the prefixes.</summary>
    internal PolicyEngine ToEngine()
    {
        var engine = new PolicyEngine(ClusterName, Control);
        foreach (var (number, labels) in Identities)
        {
            engine.UpsertIdentity(number, labels);
        }

        foreach (var alike in Endpoints.GroupBy(endpoint => endpoint.Identity))
        {
            engine.SetNamedPorts(alike.Key, alike.SelectMany(endpoint => endpoint.NamedPorts));
        }

        foreach (var (key, policy) in Policies)
        {
            engine.UpsertPolicy(key, policy);
        }

        return engine;
    }

    /// <summary>Numbers for prefixes that no identity has, beginning where a node's own do.</summary>
    internal Dictionary<IPNetwork, uint> Number(IEnumerable<IPNetwork> prefixes)
    {
        var first = Math.Max(AddressRegions.FirstNumber, Identities.Keys.DefaultIfEmpty().Max() + 1);
        return prefixes.Where(prefix => prefix.PrefixLength > 0).Distinct()
            .OrderBy(prefix => prefix.PrefixLength).ThenBy(prefix => prefix.ToString(), StringComparer.Ordinal)
            .Select((prefix, index) => (prefix, Number: first + (uint)index))
            .ToDictionary(numbered => numbered.prefix, numbered => numbered.Number);
    }

    /// <summary>The labels of a prefix's addresses, which no longer prefix holds, where identities are given to <paramref name="wanted"/>.</summary>
    internal LabelSet RegionLabels(IPNetwork region, IReadOnlyCollection<IPNetwork> wanted)
    {
        var labels = AddressRegions.LabelsOf(region, wanted);
        return ApiServers.Contains(region) ? NodeLabels.ServingApi(labels) : labels;
    }

    internal PolicySubject SubjectOf(PolicyEndpoint endpoint) => new(endpoint.OwnLabels ?? Identities[endpoint.Identity], endpoint.NamedPorts);
}
