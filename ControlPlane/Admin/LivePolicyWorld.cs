using System.Collections.Immutable;
using System.Text.Json;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Policy;
using Axoneme.Wire.State;
using NamedPort = Axoneme.Policy.NamedPort;

namespace Axoneme.ControlPlane.Admin;

/// <summary>The records in force as the policy library sees them.</summary>
internal static class LivePolicyWorld
{
    /// <param name="log">The records.</param>
    /// <param name="clusterName">The local cluster.</param>
    /// <param name="nodes">Who the nodes are.</param>
    /// <param name="hostNode">Whose pods the question is about, so that it is <c>host</c> to them; null for nobody's in particular.</param>
    public static PolicyWorld Read(RevisionLog log, string clusterName, out LiveNodes nodes, string? hostNode = null)
    {
        var policies = log.List(RecordKind.Policy).Select(record => (record.Key, Policy: Parse(record.Policy.Json)))
            .Where(policy => policy.Policy is not null).ToImmutableDictionary(policy => policy.Key, policy => policy.Policy!);
        nodes = new LiveNodes(log, policies.Values);
        var pods = log.List(RecordKind.Pod).Select(record => record.Pod).ToList();
        var identities = ImmutableDictionary.CreateBuilder<uint, LabelSet>();
        foreach (var number in Reserved(pods))
        {
            identities[number] = ReservedIdentity.LabelsOf(number);
        }

        identities[ReservedIdentity.Host] = nodes.HostLabels(hostNode);
        identities.AddRange(nodes.Identities);

        // A pod may be read before or after its identity: what its own record says is as good.
        foreach (var (number, labels) in pods.Where(pod => pod.Identity != 0).Select(pod => (pod.Identity, (IEnumerable<string>)pod.Labels))
            .Concat(log.List(RecordKind.Identity).Select(record => (record.Identity.Number, (IEnumerable<string>)record.Identity.Labels))))
        {
            identities[number] = LabelSet.Parse(labels);
        }

        return new PolicyWorld
        {
            Identities = identities.ToImmutable(),
            Endpoints = [.. pods.Select(pod => new PolicyEndpoint($"{pod.Namespace}/{pod.Name}", IdentityOf(pod), PortsOf(pod))), .. nodes.Endpoints],
            Policies = policies,
            ClusterName = clusterName,
            Control = nodes.Control,
            ApiServers = nodes.OutsideApiServers,
        };
    }

    /// <summary>A pod without an identity yet is <c>init</c>.</summary>
    public static uint IdentityOf(PodRecord pod) => pod.Identity == 0 ? ReservedIdentity.Init : pod.Identity;

    /// <summary>The reserved identities that traffic can have: an address is of the world of its family, nodes have numbers of their own, and nobody is ingress or unmanaged yet.</summary>
    private static IEnumerable<uint> Reserved(List<PodRecord> pods) =>
    [
        ReservedIdentity.Host, ReservedIdentity.WorldIPv4, ReservedIdentity.WorldIPv6,
        .. pods.Exists(pod => pod.Identity == 0) ? [ReservedIdentity.Init] : (uint[])[],
    ];

    private static ImmutableArray<NamedPort> PortsOf(PodRecord pod) =>
    [
        .. pod.NamedPorts.Where(port => port.Port <= ushort.MaxValue)
            .Select(port => new NamedPort(port.Name.ToLowerInvariant(), Enum.TryParse<IpProtocol>(port.Protocol, ignoreCase: true, out var protocol) ? protocol : IpProtocol.Tcp, (ushort)port.Port)),
    ];

    /// <summary>Null when it cannot be read, as after a downgrade: nodes do not enforce it either.</summary>
    private static PolicyObject? Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return PolicyParser.Parse(document.RootElement).Policy;
    }
}
