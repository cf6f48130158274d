using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>
/// Holds identities and policies, and says what the policies come to for an endpoint. One thread at a time. Reserved identities are known from
/// the start; policies may refer to identities, and identities to policies, in any order of arrival.
/// </summary>
public sealed class PolicyEngine
{
    private readonly string _clusterName;
    private readonly SelectorCache _selectors = new();
    private readonly RuleNumbers _rules = new();
    private readonly SortedDictionary<string, CompiledPolicy> _policies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CidrGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<IPNetwork, int> _prefixes = [];
    private readonly Dictionary<uint, ImmutableArray<NamedPort>> _namedPorts = [];

    /// <param name="clusterName">The local cluster's name, for entity <c>cluster</c>.</param>
    public PolicyEngine(string clusterName = "default")
    {
        _clusterName = clusterName;
        foreach (var number in ReservedIdentity.All)
        {
            _selectors.Upsert(number, ReservedIdentity.LabelsOf(number));
        }
    }

    /// <summary>Every prefix any policy needs an identity for, exceptions included; the whole of a family has a reserved one.</summary>
    public IReadOnlyCollection<IPNetwork> CidrPrefixes => _prefixes.Keys;

    /// <summary>The labels of the identity of a prefix.</summary>
    public LabelSet CidrLabels(IPNetwork network) => CidrText.LabelsOf(network);

    /// <summary>Makes an identity known or changes its labels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is 0, which stands for any identity.</exception>
    public void UpsertIdentity(uint number, LabelSet labels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(number);
        _selectors.Upsert(number, labels);
    }

    /// <summary>Forgets an identity; a reserved one gets its usual labels back. False when it was not known.</summary>
    public bool RemoveIdentity(uint number)
    {
        _namedPorts.Remove(number);
        return ReservedIdentity.IsReserved(number)
            ? _selectors.Upsert(number, ReservedIdentity.LabelsOf(number))
            : _selectors.Remove(number);
    }

    /// <summary>The ports that the pods of an identity name, all pods together: egress rules with named ports look here.</summary>
    public void SetNamedPorts(uint identity, IEnumerable<NamedPort> ports)
    {
        var canonical = NamedPortList.Canonical(ports);
        if (canonical.Length > 0)
        {
            _namedPorts[identity] = canonical;
        }
        else
        {
            _namedPorts.Remove(identity);
        }
    }

    /// <summary>Puts a policy in force, in place of one with the same key. Rules whose text and place are unchanged keep their ids.</summary>
    /// <param name="key"><c>Kind/namespace/name</c>.</param>
    /// <param name="policy">A result of <see cref="PolicyParser"/>.</param>
    public void UpsertPolicy(string key, PolicyObject policy)
    {
        switch (policy)
        {
            case CidrGroup group when !_groups.TryGetValue(key, out var old) || old.Content != group.Content:
                _groups[key] = group;
                RecompileReferrers();
                break;
            case RulePolicy rules when !_policies.TryGetValue(key, out var old) || old.Policy.Content != rules.Content:
                Replace(key, rules);
                break;
        }
    }

    /// <summary>Takes a policy or CIDR group out of force; false when it was not.</summary>
    public bool RemovePolicy(string key)
    {
        if (_groups.Remove(key))
        {
            RecompileReferrers();
            return true;
        }

        if (!_policies.Remove(key, out var policy))
        {
            return false;
        }

        Retire(policy);
        return true;
    }

    /// <summary>What all policies together come to for an endpoint.</summary>
    public ResolvedPolicy Resolve(PolicySubject subject)
    {
        var ingress = Direction(subject, PolicyDirection.Ingress);
        var egress = Direction(subject, PolicyDirection.Egress);
        if (!ingress.IsEnforced && !egress.IsEnforced)
        {
            return ResolvedPolicy.Open;
        }

        var entries = new Dictionary<PolicyMapKey, ImmutableArray<PolicyInterval>>();
        ingress.AddEntries(entries);
        egress.AddEntries(entries);
        return new ResolvedPolicy { IngressEnforced = ingress.IsEnforced, EgressEnforced = egress.IsEnforced, Entries = entries };
    }

    /// <summary>What a rule id in an event or a map stands for; null when the rule is long gone.</summary>
    public RuleDescription? DescribeRule(uint ruleId) => _rules.Describe(ruleId);

    /// <summary>Keys of the policies that apply to an endpoint, sorted.</summary>
    public IReadOnlyList<string> PoliciesFor(LabelSet subject) =>
        _policies.Where(policy => policy.Value.Specs.Any(spec => spec.Spec.Subject.Matches(subject))).Select(policy => policy.Key).ToList();

    /// <summary>Why traffic between an endpoint and a peer passes or not, in the endpoint's direction.</summary>
    /// <param name="subject">The endpoint whose policies decide.</param>
    /// <param name="direction">Ingress: traffic to the subject from the peer.</param>
    /// <param name="peerIdentity">The other end.</param>
    /// <param name="protocol">IP protocol.</param>
    /// <param name="port">Destination port, ICMP type, or 0 for protocols without ports.</param>
    public Explanation Explain(PolicySubject subject, PolicyDirection direction, uint peerIdentity, IpProtocol protocol, ushort port)
    {
        var trafficClass = TrafficMatch.ClassOf(protocol, port);
        var decided = Resolve(subject).Lookup(direction, peerIdentity, trafficClass);
        var rule = _rules.Describe(decided.Rule) ?? throw new InvalidOperationException($"rule {decided.Rule} decided and is not described");
        if (decided.Rule != ImplicitRule.None)
        {
            return new Explanation(decided.Verdict, decided.Rule, rule, null, "");
        }

        var ports = direction == PolicyDirection.Ingress ? subject.NamedPorts : _namedPorts.GetValueOrDefault(peerIdentity, []);
        var near = Nearest.Find(RulesFor(subject.Labels, direction), peerIdentity, trafficClass, ports);
        return new Explanation(decided.Verdict, decided.Rule, rule, near?.Rule.Description, near?.Lacks ?? "");
    }

    private DirectionResolver Direction(PolicySubject subject, PolicyDirection direction)
    {
        // An endpoint without labels yet must not be open until its policies are known (Cilium: "Init identity").
        var defaultDeny = subject.Labels.Contains(LabelSource.Reserved, "init")
            || ApplyingTo(subject.Labels).Any(spec => direction == PolicyDirection.Ingress ? spec.Spec.IngressDefaultDeny : spec.Spec.EgressDefaultDeny);
        return new DirectionResolver(direction, RulesFor(subject.Labels, direction), defaultDeny, subject.NamedPorts, _namedPorts);
    }

    private IEnumerable<CompiledRule> RulesFor(LabelSet subject, PolicyDirection direction) =>
        ApplyingTo(subject).SelectMany(spec => spec.Rules).Where(rule => rule.Rule.Direction == direction);

    private IEnumerable<CompiledSpec> ApplyingTo(LabelSet subject) =>
        _policies.Values.SelectMany(policy => policy.Specs).Where(spec => spec.Spec.Subject.Matches(subject));

    private void RecompileReferrers()
    {
        foreach (var (key, policy) in _policies.Where(policy => policy.Value.RefersToGroups).ToList())
        {
            Replace(key, policy.Policy);
        }
    }

    private void Replace(string key, RulePolicy policy)
    {
        // The new one first, so that selectors both use keep their matches and rules both have keep their ids.
        var compiled = new PolicyCompiler(_selectors, _rules, _groups.Values, _clusterName).Compile(key, policy);
        foreach (var prefix in compiled.Prefixes)
        {
            _prefixes[prefix] = _prefixes.GetValueOrDefault(prefix) + 1;
        }

        if (_policies.TryGetValue(key, out var old))
        {
            Retire(old);
        }

        _policies[key] = compiled;
        foreach (var rule in compiled.Specs.SelectMany(spec => spec.Rules))
        {
            _rules.Keep(rule.Id);
        }
    }

    private void Retire(CompiledPolicy policy)
    {
        foreach (var rule in policy.Specs.SelectMany(spec => spec.Rules))
        {
            _rules.Retire(rule.Id);
            foreach (var peer in rule.Peers)
            {
                _selectors.Release(peer);
            }
        }

        foreach (var prefix in policy.Prefixes)
        {
            if (--_prefixes[prefix] == 0)
            {
                _prefixes.Remove(prefix);
            }
        }
    }
}
