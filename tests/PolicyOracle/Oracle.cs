using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>
/// Says what policy documents mean by reading them anew for every question, the way a person would: rule by rule, following Cilium's
/// documentation (Documentation/security/policy), the field descriptions of its CRDs, and Kubernetes' NetworkPolicy documentation.
/// It trusts the documents to be valid and may throw on those that are not.
/// </summary>
/// <param name="world">Everyone there is.</param>
/// <param name="documents">Policies, CIDR groups, services and their endpoints; everything else is ignored.</param>
public sealed class Oracle(World world, IReadOnlyList<JsonElement> documents)
{
    private readonly ClusterObjects _cluster = new(world.ClusterName, documents);

    /// <summary>A rule that matches a flow, and the part of it that covers the traffic.</summary>
    private sealed record Grant(WrittenRule Rule, IReadOnlyList<JsonElement?> Covering);

    /// <inheritdoc cref="Judge(Party, Direction, Party, Traffic)"/>
    public Verdict Judge(Question question) =>
        Judge(world.Find(question.Subject), question.Direction, world.Find(question.Peer), question.Traffic);

    /// <summary>What the subject's policies make of a flow. The peer's own policies are another question.</summary>
    /// <param name="subject">An endpoint or the local node.</param>
    /// <param name="direction">Whether the flow enters or leaves the subject.</param>
    /// <param name="peer">The other party.</param>
    /// <param name="traffic">What travels; ports are those of the destination, after service translation (layer4.rst).</param>
    public Verdict Judge(Party subject, Direction direction, Party peer, Traffic traffic)
    {
        var matching = Matching(subject, direction, peer, traffic);

        // "Deny policies take precedence over allow policies" (deny.rst).
        var denying = matching.Where(m => m.Rule.Denies).ToList();
        if (denying.Count > 0)
        {
            return new(VerdictKind.Denied, VerdictReason.DenyRule, false, References(denying));
        }

        if (matching.Count > 0)
        {
            return new(
                matching.Any(m => m.Covering.Any(RequestRules.Inspect)) ? VerdictKind.Inspected : VerdictKind.Allowed,
                VerdictReason.AllowRule,
                matching.Any(m => m.Rule.DemandsAuthentication),
                References(matching));
        }

        // "If multiple policies apply to an endpoint, that endpoint's default deny will be enabled if any policy requests it" (policy CRD). An
        // endpoint that has received no labels yet is always in default deny: so says pkg/policy/repository.go, and does it; lifecycle.rst
        // "Init Identity" says that in default mode it is not until a policy selects it.
        if (!subject.IsReserved("init") && !Specs(subject).Any(s => s.EnablesDefaultDeny(direction)))
        {
            return new(VerdictKind.Allowed, VerdictReason.DefaultAllow, false, []);
        }

        return FromLocalHost(subject, direction, peer)
            ? new(VerdictKind.Allowed, VerdictReason.LocalHost, false, [])
            : new(VerdictKind.Denied, VerdictReason.DefaultDeny, false, []);
    }

    /// <inheritdoc cref="JudgeRequest(Party, Direction, Party, Traffic, Request)"/>
    public bool JudgeRequest(Question question, Request request) =>
        JudgeRequest(world.Find(question.Subject), question.Direction, world.Find(question.Peer), question.Traffic, request);

    /// <summary>
    /// Whether one request of a flow passes. Rules of one port are alternatives, and one that says nothing of requests permits all of them:
    /// "if a layer 4 rule is specified in the policy, and a similar layer 4 rule with layer 7 rules is also specified, then the layer 7
    /// portions of the latter rule will have no effect" (layer7.rst). Not being in default deny permits nothing: "EnableDefaultDeny does not
    /// apply to layer-7 policy" (intro.rst).
    /// </summary>
    public bool JudgeRequest(Party subject, Direction direction, Party peer, Traffic traffic, Request request)
    {
        var verdict = Judge(subject, direction, peer, traffic);
        return verdict.Kind switch
        {
            VerdictKind.Denied => false,
            VerdictKind.Allowed => true,
            _ => FromLocalHost(subject, direction, peer)
                || Topics(request).All(one => Matching(subject, direction, peer, traffic)
                    .SelectMany(m => m.Covering)
                    .Any(c => !RequestRules.Inspect(c) || RequestRules.Permit(c!.Value, one))),
        };
    }

    // Rules of one port are merged into one list, and of a Kafka request "all topics" must be allowed, each by whichever rule
    // (pkg/policy/rule.go, pkg/kafka/policy.go).
    private static IEnumerable<Request> Topics(Request request) =>
        request is KafkaRequest { Topics.Count: > 1 } kafka ? kafka.Topics.Select(topic => kafka with { Topics = [topic] }) : [request];

    private List<Grant> Matching(Party subject, Direction direction, Party peer, Traffic traffic)
    {
        var destination = direction == Direction.Ingress ? subject : peer;
        return [.. Specs(subject)
            .SelectMany(s => s.Rules(direction))
            .Where(r => r.SelectsPeer(peer))
            .Select(r => new Grant(r, [.. r.Covering(traffic, destination)]))
            .Where(g => g.Covering.Count > 0)];
    }

    // Nothing is enforced on endpoints Cilium does not manage.
    private IEnumerable<WrittenSpec> Specs(Party subject) => subject.IsReserved("unmanaged")
        ? []
        : documents.SelectMany(d => WrittenSpec.Of(d, _cluster)).Where(s => s.SelectsSubject(subject));

    // "Kubernetes will automatically allow all communication from the local host of all local endpoints" (layer3.rst "Access to/from local
    // host"): an allow rule nobody wrote, so a deny rule goes before it.
    private static bool FromLocalHost(Party subject, Direction direction, Party peer) =>
        subject is Endpoint && direction == Direction.Ingress && peer.IsReserved("host");

    private static List<RuleReference> References(IEnumerable<Grant> grants) => [.. grants.Select(g => g.Rule.Reference)];
}
