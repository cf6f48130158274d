using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>An entry of a section of Cilium's policies (layer3.rst, layer4.rst, descriptions of IngressRule and EgressRule in the policy CRD).</summary>
internal sealed class CiliumRule(RuleReference reference, JsonElement rule, string prefix, bool denies, CiliumPeers peers)
    : WrittenRule(reference, denies)
{
    private static readonly string[] PeerKinds = ["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes", "Services", "FQDNs"];

    /// <summary>
    /// <c>test-always-fail</c> demands an authentication, too, one that never succeeds. <c>disabled</c> demands none; that it takes back
    /// what another rule demands is written nowhere.
    /// </summary>
    public override bool DemandsAuthentication => rule.Member("authentication")?.Text("mode") is "required" or "test-always-fail";

    private bool NamesTraffic => rule.Items("toPorts").Any() || rule.Items("icmps").Any();

    private IEnumerable<string> WrittenPeers => PeerKinds.Select(k => prefix + k).Where(name => rule.Member(name) is not null);

    /// <summary>
    /// "While an empty non-nil FromEndpoints does not select anything, nil FromEndpoints is implicitly treated as a wildcard selector if
    /// ToPorts are also specified." A rule with neither peers nor ports selects nothing: it only enables default deny (layer3.rst
    /// "Ingress/Egress Default Deny"). "If multiple members are set, all of them need to match."
    /// </summary>
    public override bool SelectsPeer(Party peer) => WrittenPeers.Any()
        ? WrittenPeers.All(name => rule.Items(name).Any(entry => peers.Mean(name[prefix.Length..], entry, peer)))
        : NamesTraffic;

    /// <summary>Without ports and ICMP types a rule covers everything, ICMP included (layer4.rst); an empty list is as good as none.</summary>
    public override IEnumerable<JsonElement?> Covering(Traffic traffic, Party destination)
    {
        if (!NamesTraffic)
        {
            return [null];
        }

        var portRules = rule.Items("toPorts").Where(r => r.Items("ports").Any(p => Ports.Cover(p, "ANY", traffic, destination)));
        var icmp = rule.Items("icmps").SelectMany(r => r.Items("fields")).Any(f => IcmpTypes.Of(f) == traffic);
        return [.. portRules.Select(r => (JsonElement?)r), .. icmp ? [null] : Array.Empty<JsonElement?>()];
    }
}
