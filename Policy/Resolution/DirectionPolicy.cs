using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Axoneme.Policy;

/// <summary>
/// One direction of a policy set, kept up to date. Identities are kept in groups that come out the same, so a change moves the identities that
/// a changed rule selects from group to group, and only groups are settled.
/// </summary>
internal sealed class DirectionPolicy
{
    private readonly PolicyDirection _direction;
    private readonly bool _subjectIsNode;
    private readonly ImmutableArray<NamedPort> _subjectPorts;
    private readonly IReadOnlyDictionary<uint, ImmutableArray<NamedPort>> _identityPorts;
    private readonly IReadOnlyDictionary<uint, LabelSet> _identityLabels;
    private readonly ControlTraffic? _control;
    private readonly Dictionary<uint, RuleGroup> _groupOf = [];
    private readonly Dictionary<RuleGroup.Key, RuleGroup> _groups = [];
    private readonly Settlement _settlement = new();
    private CompiledRule[] _rules = [];
    private CompiledRule[] _wide = [];
    private bool _looksUpNamesEverywhere;
    private ImmutableArray<PolicyInterval> _others;
    private HashSet<uint> _changed = [];
    private bool _allChanged = true;

    /// <param name="direction">Which way.</param>
    /// <param name="subjectIsNode">The subject is a node and not a pod.</param>
    /// <param name="subjectPorts">Named ports of the subject.</param>
    /// <param name="peers">What is known of identities.</param>
    public DirectionPolicy(
        PolicyDirection direction,
        bool subjectIsNode,
        ImmutableArray<NamedPort> subjectPorts,
        PeerKnowledge peers)
    {
        _direction = direction;
        _subjectIsNode = subjectIsNode;
        _subjectPorts = subjectPorts;
        _identityPorts = peers.NamedPorts;
        _identityLabels = peers.Labels;
        _control = subjectIsNode ? peers.Control : null;
        if (direction == PolicyDirection.Ingress && !subjectIsNode)
        {
            Place(ReservedIdentity.Host, []);
        }

        if (_control is not null)
        {
            foreach (var identity in _identityLabels.Keys)
            {
                LabelsChanged(identity);
            }
        }
    }

    public bool DefaultDeny { get; private set; }

    /// <summary>Traffic must be looked up: something may be dropped, or a rule be reported.</summary>
    public bool IsEnforced => DefaultDeny || _rules.Length > 0;

    /// <summary>In order of precedence.</summary>
    public IReadOnlyList<CompiledRule> Rules => _rules;

    /// <summary>What an identity comes to that no rule names.</summary>
    private ImmutableArray<PolicyInterval> Others
    {
        get
        {
            if (_others.IsDefault)
            {
                _others = Settle([], _direction == PolicyDirection.Ingress ? _subjectPorts : [], isOwnHost: false, ControlPeers.None);
            }

            return _others;
        }
    }

    /// <summary>Intervals per identity; 0 stands for every identity without an entry of its own. Nothing when not enforced.</summary>
    public IEnumerable<KeyValuePair<uint, ImmutableArray<PolicyInterval>>> Entries()
    {
        if (!IsEnforced)
        {
            yield break;
        }

        if (!Others.IsEmpty)
        {
            yield return new(0, Others);
        }

        foreach (var (identity, group) in _groupOf)
        {
            if (Settled(group) is { IsLikeOthers: false } own)
            {
                yield return new(identity, own.Intervals);
            }
        }
    }

    /// <summary>The entry of an identity, or of 0; null when it has none.</summary>
    public ImmutableArray<PolicyInterval>? Entry(uint identity)
    {
        if (!IsEnforced)
        {
            return null;
        }

        if (identity == 0)
        {
            return Others.IsEmpty ? null : Others;
        }

        return _groupOf.TryGetValue(identity, out var group) && Settled(group) is { IsLikeOthers: false } own ? own.Intervals : null;
    }

    /// <summary>Takes rules out and in. The selectors of both still are, or already are, in use.</summary>
    public void Change(IReadOnlyCollection<CompiledRule> removed, IReadOnlyCollection<CompiledRule> added, bool defaultDeny)
    {
        var (wasEnforced, lookedUpNames) = (IsEnforced, _looksUpNamesEverywhere);
        if (removed.Count + added.Count > 0)
        {
            var gone = removed.ToHashSet();
            _rules = [.. _rules.Where(rule => !gone.Contains(rule)), .. added];
            Array.Sort(_rules, CompiledRule.Compare);
            _wide = Array.FindAll(_rules, rule => rule.IsForEveryPeer);
            _looksUpNamesEverywhere = _direction == PolicyDirection.Egress && Array.Exists(_wide, rule => rule.HasNamedPorts);
        }

        if (DefaultDeny != defaultDeny || removed.Concat(added).Any(rule => rule.IsForEveryPeer))
        {
            Unsettle();
        }

        DefaultDeny = defaultDeny;
        _allChanged |= IsEnforced != wasEnforced;
        var moves = new Dictionary<uint, List<CompiledRule>>();
        foreach (var rule in removed)
        {
            rule.Users.Remove(this);
            Note(rule, moves);
        }

        foreach (var rule in added.Order(Comparer<CompiledRule>.Create(CompiledRule.Compare)))
        {
            rule.Users.Add(this);
            Note(rule, moves);
        }

        foreach (var (identity, rules) in moves)
        {
            Place(identity, Merge(RulesOf(identity), rules, rule => rule.Users.Contains(this)));
        }

        if (lookedUpNames != _looksUpNamesEverywhere)
        {
            foreach (var identity in _identityPorts.Keys)
            {
                Place(identity, RulesOf(identity));
            }
        }
    }

    /// <summary>Some rules may select an identity now that did not, or no longer.</summary>
    public void Reconsider(uint identity, List<CompiledRule> flipped)
    {
        flipped.Sort(CompiledRule.Compare);
        Place(identity, Merge(RulesOf(identity), flipped, rule => rule.Selects(identity)));
    }

    /// <summary>The pods of an identity name other ports than before.</summary>
    public void PortsChanged(uint identity) => Place(identity, RulesOf(identity));

    /// <summary>An identity has other labels, or came or went.</summary>
    public void LabelsChanged(uint identity)
    {
        if (_control is not null && (_groupOf.ContainsKey(identity) || ControlTraffic.PeersOf(_identityLabels.GetValueOrDefault(identity)) != ControlPeers.None))
        {
            Place(identity, RulesOf(identity));
        }
    }

    /// <summary>Identities whose entry may have changed since the last call, with 0 for that of all others; null: all entries.</summary>
    public IReadOnlyCollection<uint>? TakeChanged()
    {
        IReadOnlyCollection<uint>? changed = _allChanged ? null : _changed.Count == 0 ? [] : _changed;
        _allChanged = false;
        _changed = _changed.Count == 0 ? _changed : [];
        return changed;
    }

    /// <summary>Takes part in nothing any more.</summary>
    public void Leave()
    {
        foreach (var rule in _rules)
        {
            rule.Users.Remove(this);
        }
    }

    private void Unsettle()
    {
        _others = default;
        _allChanged = true;
        foreach (var group in _groups.Values)
        {
            group.Intervals = default;
        }
    }

    private ImmutableArray<CompiledRule> RulesOf(uint identity) => _groupOf.TryGetValue(identity, out var group) ? group.Content.Rules : [];

    private static void Note(CompiledRule rule, Dictionary<uint, List<CompiledRule>> moves)
    {
        foreach (var identity in rule.Members)
        {
            ref var rules = ref CollectionsMarshal.GetValueRefOrAddDefault(moves, identity, out _);
            rules ??= [];
            if (rules.Count == 0 || rules[^1] != rule)
            {
                rules.Add(rule);
            }
        }
    }

    /// <summary>A list of rules in order, with those that changed put in or left out.</summary>
    /// <param name="rules">In order.</param>
    /// <param name="changed">Those to put in are in order.</param>
    /// <param name="isIn">Which of the changed ones belong in the list.</param>
    private static ImmutableArray<CompiledRule> Merge(ImmutableArray<CompiledRule> rules, List<CompiledRule> changed, Predicate<CompiledRule> isIn)
    {
        var coming = changed.TrueForAll(isIn) ? changed : changed.FindAll(isIn);
        if (rules.IsEmpty)
        {
            return [.. coming];
        }

        var going = coming.Count == changed.Count ? [] : changed.Where(rule => !isIn(rule)).ToHashSet();
        var merged = ImmutableArray.CreateBuilder<CompiledRule>(rules.Length + coming.Count);
        var next = 0;
        foreach (var rule in rules)
        {
            if (going.Contains(rule))
            {
                continue;
            }

            while (next < coming.Count && CompiledRule.Compare(coming[next], rule) < 0)
            {
                merged.Add(coming[next++]);
            }

            // A rule that is there already is not put in again.
            next += next < coming.Count && coming[next] == rule ? 1 : 0;
            merged.Add(rule);
        }

        merged.AddRange(coming.Skip(next));
        return merged.DrainToImmutable();
    }

    /// <summary>Puts an identity into the group it belongs to, or into none when it is like any other.</summary>
    private void Place(uint identity, ImmutableArray<CompiledRule> rules)
    {
        var isOwnHost = identity == ReservedIdentity.Host && _direction == PolicyDirection.Ingress && !_subjectIsNode;
        var control = _control is null ? ControlPeers.None : ControlTraffic.PeersOf(_identityLabels.GetValueOrDefault(identity));
        var key = new RuleGroup.Key(rules, PortsTowards(identity, rules), isOwnHost, control);
        _groupOf.TryGetValue(identity, out var old);
        if (old is not null)
        {
            if (old.Content.Equals(key))
            {
                return;
            }

            if (--old.Members == 0)
            {
                _groups.Remove(old.Content);
            }
        }

        if (!_allChanged)
        {
            _changed.Add(identity);
        }

        if (rules.IsEmpty && key.Ports.IsEmpty && !isOwnHost && control == ControlPeers.None)
        {
            _groupOf.Remove(identity);
            return;
        }

        ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, key, out _);
        group ??= new RuleGroup(key);
        group.Members++;
        _groupOf[identity] = group;
    }

    /// <summary>A port's name is looked up where the traffic goes: at the subject, which is one for all, or at each destination.</summary>
    private ImmutableArray<NamedPort> PortsTowards(uint identity, ImmutableArray<CompiledRule> rules) =>
        _direction == PolicyDirection.Egress
        && _identityPorts.TryGetValue(identity, out var ports)
        && (_looksUpNamesEverywhere || rules.Any(rule => rule.HasNamedPorts))
            ? ports
            : [];

    private RuleGroup Settled(RuleGroup group)
    {
        if (group.Intervals.IsDefault)
        {
            var (rules, ports, isOwnHost) = (group.Content.Rules, _direction == PolicyDirection.Ingress ? _subjectPorts : group.Content.Ports, group.Content.IsOwnHost);
            group.Intervals = Settle(rules, ports, isOwnHost, group.Content.Control);
            group.IsLikeOthers = Settlement.HaveSameOutcomes(group.Intervals, Others);
        }

        return group;
    }

    private ImmutableArray<PolicyInterval> Settle(ImmutableArray<CompiledRule> own, ImmutableArray<NamedPort> ports, bool isOwnHost, ControlPeers peer)
    {
        // Both lists are in order; so is their union.
        var (i, j) = (0, 0);
        while (i < _wide.Length || j < own.Length)
        {
            var rule = j == own.Length || (i < _wide.Length && CompiledRule.Compare(_wide[i], own[j]) < 0) ? _wide[i++] : own[j++];
            _settlement.Add(rule, ports);
        }

        if (!DefaultDeny)
        {
            _settlement.AddImplicit(ImplicitRule.NotEnforced, exempts: false);
        }

        if (isOwnHost)
        {
            _settlement.AddImplicit(ImplicitRule.FromHost, exempts: true);
        }

        if (_control is not null)
        {
            _settlement.AddOverriding(ImplicitRule.ControlTraffic, _control.With(peer, _direction));
        }

        return _settlement.Settle();
    }
}
