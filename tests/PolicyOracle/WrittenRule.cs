using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>One entry of a policy's <c>ingress</c>, <c>ingressDeny</c>, <c>egress</c> or <c>egressDeny</c>.</summary>
internal abstract class WrittenRule(RuleReference reference, bool denies)
{
    public RuleReference Reference => reference;

    public bool Denies => denies;

    /// <summary>Whether flows with this peer are meant.</summary>
    public abstract bool SelectsPeer(Party peer);

    /// <summary>
    /// The entries of the rule that cover the traffic, so that their request rules can be read: port rules, or one null when the rule covers
    /// it without naming ports. Empty when it does not cover it.
    /// </summary>
    public abstract IEnumerable<JsonElement?> Covering(Traffic traffic, Party destination);

    /// <summary>Whether the rule demands that the parties authenticate each other.</summary>
    public abstract bool DemandsAuthentication { get; }
}
