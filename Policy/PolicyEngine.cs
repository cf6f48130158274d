using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;

namespace Axoneme.Policy;

/// <summary>
/// Holds identities and policies, and keeps what the policies come to for the endpoints it is asked to track. A change costs what it touches. One thread at
/// a time. Reserved identities are known from the start; objects may refer to one another in any order of arrival.
/// </summary>
public sealed class PolicyEngine
{
    private readonly PolicyCompiler _compiler;
    private readonly SelectorCache<CompiledRule> _peers = new();
    private readonly RuleNumbers _rules = new();
    private readonly ReferredObjects _referred = new();
    private readonly SortedDictionary<string, CompiledPolicy> _policies = new(StringComparer.Ordinal);
    private readonly ReferenceCounts<IPNetwork> _prefixes = new();
    private readonly ReferenceCounts<DnsPattern> _patterns = new();
    private readonly Dictionary<uint, ImmutableArray<NamedPort>> _namedPorts = [];
    private readonly TrackedSubjects _subjects;
    private readonly HashSet<string> _stale = new(StringComparer.Ordinal);

    /// <param name="clusterName">The local cluster's name, for entity <c>cluster</c>.</param>
    /// <param name="control">What policies for nodes cannot cut off; null when nothing.</param>
    public PolicyEngine(string clusterName = "default", ControlTraffic? control = null)
    {
        _compiler = new PolicyCompiler(_rules, _referred, clusterName);
        _subjects = new TrackedSubjects(new PeerKnowledge(_namedPorts, _peers.Labels, control));
        foreach (var number in ReservedIdentity.All)
        {
            _peers.Upsert(number, ReservedIdentity.LabelsOf(number), []);
        }
    }

    /// <summary>Every prefix any policy needs an identity for, exceptions included; the whole of a family has a reserved one.</summary>
    public IReadOnlyCollection<IPNetwork> CidrPrefixes => Fresh._prefixes.Wanted;

    /// <summary>Every name or pattern of names whose addresses need an identity of their own, labelled with <see cref="DnsPattern.Label"/>.</summary>
    public IReadOnlyCollection<DnsPattern> DnsPatterns => Fresh._patterns.Wanted;

    /// <summary>The identities known, reserved ones included.</summary>
    public IReadOnlyDictionary<uint, LabelSet> Identities => _peers.Labels;

    /// <summary>Policies in force by key; CIDR groups and services are not among them.</summary>
    public IEnumerable<KeyValuePair<string, RulePolicy>> Policies => _policies.Select(policy => KeyValuePair.Create(policy.Key, policy.Value.Policy));

    /// <summary>The distinct policy sets of the tracked subjects.</summary>
    public IReadOnlyCollection<PolicySet> Sets => Fresh._subjects.Sets;

    /// <summary>
    /// This, with everything that was put up to now in force. Policies whose CIDR groups or services changed are compiled again only here, so that
    /// a thousand services that come one by one cost one compilation.
    /// </summary>
    private PolicyEngine Fresh
    {
        get
        {
            foreach (var key in _stale)
            {
                if (_policies.TryGetValue(key, out var policy))
                {
                    Replace(key, policy.Policy);
                }
            }

            _stale.Clear();
            return this;
        }
    }

    /// <summary>The labels of the identity of a prefix.</summary>
    public LabelSet CidrLabels(IPNetwork network) => CidrText.LabelsOf(network);

    /// <summary>
    /// The labels of the identity of an address outside the cluster: those of the longest prefix any policy names around it, or of its family's
    /// world, and of every pattern that one of its names matches.
    /// </summary>
    public LabelSet AddressLabels(IPAddress address, IEnumerable<string> names)
    {
        var full = CidrText.Mask(address, address.GetAddressBytes().Length * 8);
        var network = Enumerable.Range(1, full.PrefixLength).Reverse().Select(length => CidrText.Mask(address, length)).FirstOrDefault(Fresh._prefixes.Wanted.Contains);
        var world = CidrText.LabelsOf(network.PrefixLength == 0 ? new IPNetwork(CidrText.Mask(address, 0).BaseAddress, 0) : network);
        return new LabelSet(world.Concat(_patterns.Wanted.Where(pattern => names.Any(pattern.Matches)).Select(pattern => pattern.Label)));
    }

    /// <summary>Makes an identity known or changes its labels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is 0, which stands for any identity.</exception>
    public void UpsertIdentity(uint number, LabelSet labels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(number);
        var flipped = new HashSet<CachedSelector<CompiledRule>>();
        _peers.Upsert(number, labels, flipped);
        Reconsider(number, flipped);
    }

    /// <summary>Forgets an identity; a reserved one gets its usual labels back. False when it was not known.</summary>
    public bool RemoveIdentity(uint number)
    {
        SetNamedPorts(number, []);
        if (ReservedIdentity.IsReserved(number))
        {
            var changed = !_peers.Labels[number].Equals(ReservedIdentity.LabelsOf(number));
            UpsertIdentity(number, ReservedIdentity.LabelsOf(number));
            return changed;
        }

        var flipped = new HashSet<CachedSelector<CompiledRule>>();
        var removed = _peers.Remove(number, flipped);
        Reconsider(number, flipped);
        return removed;
    }

    /// <summary>The ports that the pods of an identity name, all pods together: egress rules with named ports look here.</summary>
    public void SetNamedPorts(uint identity, IEnumerable<NamedPort> ports)
    {
        var canonical = NamedPortList.Canonical(ports);
        if (_namedPorts.GetValueOrDefault(identity, []).AsSpan().SequenceEqual(canonical.AsSpan()))
        {
            return;
        }

        if (canonical.Length > 0)
        {
            _namedPorts[identity] = canonical;
        }
        else
        {
            _namedPorts.Remove(identity);
        }

        foreach (var set in _subjects.Sets)
        {
            set.Egress.PortsChanged(identity);
        }
    }

    /// <summary>Puts a policy in force, in place of one with the same key. Rules whose text and place are unchanged keep their ids.</summary>
    /// <param name="key"><c>Kind/namespace/name</c>.</param>
    /// <param name="policy">A result of <see cref="PolicyParser"/>.</param>
    public void UpsertPolicy(string key, PolicyObject policy)
    {
        if (policy is not RulePolicy rules)
        {
            var old = _referred.Put(key, policy);
            if (old?.Content != policy.Content)
            {
                MarkReferrers(old, policy);
            }
        }
        else if (!_policies.TryGetValue(key, out var known) || known.Policy.Content != rules.Content)
        {
            Replace(key, rules);
        }
    }

    /// <summary>Takes a policy, CIDR group or service out of force; false when it was not.</summary>
    public bool RemovePolicy(string key)
    {
        if (_referred.Put(key, null) is { } referred)
        {
            MarkReferrers(referred, null);
            return true;
        }

        return Replace(key, null);
    }

    /// <summary>
    /// What the policies come to for an endpoint, kept up to date from now on. Every call needs one <see cref="Untrack"/>. Later changes may give the
    /// subject another set: see <see cref="SetOf"/>.
    /// </summary>
    public PolicySet Track(PolicySubject subject) => Fresh._subjects.Track(subject);

    /// <summary>Ends what one <see cref="Track"/> began.</summary>
    /// <exception cref="InvalidOperationException">The subject is not tracked.</exception>
    public void Untrack(PolicySubject subject) => _subjects.Untrack(subject);

    /// <summary>The set of a tracked subject; null when it is not tracked.</summary>
    public PolicySet? SetOf(PolicySubject subject) => Fresh._subjects.SetOf(subject);

    /// <summary>What all policies together come to for an endpoint now.</summary>
    public ResolvedPolicy Resolve(PolicySubject subject)
    {
        var resolved = Track(subject).ToResolved();
        Untrack(subject);
        return resolved;
    }

    /// <summary>What a rule id in an event or a map stands for; null when the rule is long gone.</summary>
    public RuleDescription? DescribeRule(uint ruleId) => _rules.Describe(ruleId);

    /// <summary>Keys of the policies that apply to an endpoint or node, sorted.</summary>
    public IReadOnlyList<string> PoliciesFor(LabelSet subject)
    {
        var isNode = new PolicySubject(subject).IsNode;
        return _policies
            .Where(policy => policy.Value.Specs.Any(spec => spec.Spec.IsForNodes == isNode && spec.Spec.Subject.Matches(subject)))
            .Select(policy => policy.Key).ToList();
    }

    /// <summary>Why traffic between an endpoint and a peer passes or not, in the endpoint's direction.</summary>
    /// <param name="subject">The endpoint whose policies decide.</param>
    /// <param name="direction">Ingress: traffic to the subject from the peer.</param>
    /// <param name="peerIdentity">The other end.</param>
    /// <param name="protocol">IP protocol.</param>
    /// <param name="port">Destination port, ICMP type, or 0 for protocols without ports.</param>
    public Explanation Explain(PolicySubject subject, PolicyDirection direction, uint peerIdentity, IpProtocol protocol, ushort port)
    {
        var trafficClass = TrafficMatch.ClassOf(protocol, port);
        var set = Track(subject);
        try
        {
            var decided = set.Lookup(direction, peerIdentity, trafficClass);
            var ports = direction == PolicyDirection.Ingress ? subject.NamedPorts : _namedPorts.GetValueOrDefault(peerIdentity, []);
            return Explainer.Explain(decided, set.Of(direction).Rules, peerIdentity, _peers.Labels.GetValueOrDefault(peerIdentity), trafficClass, ports, _rules);
        }
        finally
        {
            Untrack(subject);
        }
    }

    private void Reconsider(uint identity, HashSet<CachedSelector<CompiledRule>> flipped)
    {
        var changed = new HashSet<CompiledRule>();
        foreach (var selector in flipped)
        {
            var change = selector.Members.Contains(identity) ? 1 : -1;
            foreach (var rule in selector.Users)
            {
                rule.Count(identity, change);
                changed.Add(rule);
            }
        }

        var touched = new Dictionary<DirectionPolicy, List<CompiledRule>>();
        foreach (var rule in changed)
        {
            foreach (var policy in rule.Users)
            {
                ref var rules = ref CollectionsMarshal.GetValueRefOrAddDefault(touched, policy, out _);
                (rules ??= []).Add(rule);
            }
        }

        foreach (var (policy, rules) in touched)
        {
            policy.Reconsider(identity, rules);
        }

        foreach (var set in _subjects.NodeSets)
        {
            set.Ingress.LabelsChanged(identity);
            set.Egress.LabelsChanged(identity);
        }
    }

    private void MarkReferrers(PolicyObject? old, PolicyObject? now)
    {
        foreach (var (key, policy) in _policies.Where(policy => !policy.Value.References.IsEmpty))
        {
            if (policy.References.Any(peer => (old is not null && _referred.Concerns(old, peer)) || (now is not null && _referred.Concerns(now, peer))))
            {
                _stale.Add(key);
            }
        }
    }

    /// <summary>Puts a policy in the place of another; null takes it away. False when nothing was there and nothing comes.</summary>
    private bool Replace(string key, RulePolicy? policy)
    {
        var old = _policies.GetValueOrDefault(key);
        if (old is null && policy is null)
        {
            return false;
        }

        var now = policy is null ? null : _compiler.Compile(key, policy, old, ChangePeers);
        var (before, after) = (old?.Rules.ToHashSet() ?? [], now?.Rules.ToHashSet() ?? []);

        // What comes first, so that selectors both use keep their matches and rules both have keep their ids.
        foreach (var rule in after.Where(rule => !before.Contains(rule)))
        {
            rule.Acquire(_peers);
            _rules.Keep(rule.Id);
        }

        _prefixes.Add(now?.Prefixes ?? []);
        _patterns.Add(now?.Patterns ?? []);
        _subjects.Replace(old?.Specs ?? [], now?.Specs ?? []);
        var kept = after.Select(rule => rule.Id).ToHashSet();
        foreach (var rule in before.Where(rule => !after.Contains(rule)))
        {
            rule.Release(_peers);
            if (!kept.Contains(rule.Id))
            {
                _rules.Retire(rule.Id);
            }
        }

        _prefixes.Remove(old?.Prefixes ?? []);
        _patterns.Remove(old?.Patterns ?? []);
        if (now is null)
        {
            _policies.Remove(key);
        }
        else
        {
            _policies[key] = now;
        }

        return true;
    }

    private void ChangePeers(CompiledRule rule, ImmutableArray<Selector> selectors)
    {
        foreach (var identity in rule.ChangePeers(selectors, _peers))
        {
            foreach (var policy in rule.Users)
            {
                policy.Reconsider(identity, [rule]);
            }
        }
    }
}
