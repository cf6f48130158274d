namespace Axoneme.Policy.Tests.Oracle;

/// <summary>Judges one packet rule by rule, as the documents put it, sharing nothing with the engine.</summary>
public static class PlainVerdict
{
    public static bool Allows(IReadOnlyCollection<WrittenPolicy> policies, Packet packet)
    {
        // A policy applies to the endpoints of its namespace that its selector selects.
        var applying = policies.Where(policy => policy.Namespace == packet.SubjectNamespace && (policy.App is null || policy.App == packet.SubjectApp)).ToList();
        var matching = applying.SelectMany(policy => policy.Rules.Where(rule => rule.Ingress == packet.Ingress && Matches(rule, policy.Namespace, packet))).ToList();

        // "Denied regardless of the allowed rules."
        if (matching.Any(rule => rule.Deny))
        {
            return false;
        }

        // The pod's own node may always reach it.
        if (matching.Count > 0 || (packet.Ingress && packet.Peer.Reserved == "host"))
        {
            return true;
        }

        // "Default deny will be enabled if any policy requests it"; it is requested by having rules, unless said otherwise.
        return !applying.Any(policy => (packet.Ingress ? policy.IngressDefault : policy.EgressDefault) ?? policy.Rules.Any(rule => rule.Ingress == packet.Ingress));
    }

    private static bool Matches(WrittenRule rule, string ns, Packet packet)
    {
        if (rule.Peers is null && rule.Ports is null)
        {
            return false; // an empty rule selects nothing
        }

        return (rule.Peers is null || rule.Peers.Means(ns, packet)) && (rule.Ports is null || rule.Ports.Any(ports => ports.Includes(packet)));
    }
}
