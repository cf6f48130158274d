using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Axoneme.Policy;

/// <summary>One direction of one subject: the rules that apply, and what they come to for each peer identity.</summary>
internal sealed class DirectionResolver
{
    private readonly PolicyDirection _direction;
    private readonly CompiledRule[] _rules;
    private readonly RankedVerdict[] _verdicts;
    private readonly ImmutableArray<NamedPort> _subjectPorts;
    private readonly IReadOnlyDictionary<uint, ImmutableArray<NamedPort>> _identityPorts;

    /// <param name="direction">Which way.</param>
    /// <param name="rules">Rules that apply to the subject in this direction.</param>
    /// <param name="defaultDeny">Traffic no rule allows is dropped.</param>
    /// <param name="subjectPorts">Named ports of the subject.</param>
    /// <param name="identityPorts">Named ports of the pods of each identity.</param>
    public DirectionResolver(
        PolicyDirection direction,
        IEnumerable<CompiledRule> rules,
        bool defaultDeny,
        ImmutableArray<NamedPort> subjectPorts,
        IReadOnlyDictionary<uint, ImmutableArray<NamedPort>> identityPorts)
    {
        _direction = direction;
        _rules = [.. rules];
        Array.Sort(_rules, CompiledRule.CompareByPrecedence);
        _subjectPorts = subjectPorts;
        _identityPorts = identityPorts;
        DefaultDeny = defaultDeny;

        // The implicit allows rank behind every written rule.
        _verdicts =
        [
            .. _rules.Select(rule => new RankedVerdict(rule.Rule.Deny ? PolicyVerdict.Deny : PolicyVerdict.Allow, rule.Id)),
            new RankedVerdict(PolicyVerdict.Allow, ImplicitRule.NotEnforced),
            new RankedVerdict(PolicyVerdict.Allow, ImplicitRule.FromHost),
        ];
    }

    public bool DefaultDeny { get; }

    /// <summary>The kernel must look traffic up: something may be dropped, or a rule be reported.</summary>
    public bool IsEnforced => DefaultDeny || _rules.Length > 0;

    private int NotEnforcedRank => _rules.Length;

    private int FromHostRank => _rules.Length + 1;

    /// <summary>Adds the entries of this direction.</summary>
    public void AddEntries(Dictionary<PolicyMapKey, ImmutableArray<PolicyInterval>> entries)
    {
        if (!IsEnforced)
        {
            return;
        }

        var shared = Settle([], []);
        if (shared.Length > 0)
        {
            entries.Add(new PolicyMapKey(_direction, 0), shared);
        }

        // Identities that the same rules select come out the same, so each such set of rules is settled once.
        var settled = new Dictionary<RuleSet, ImmutableArray<PolicyInterval>>();
        foreach (var (identity, ranks) in SelectedRanks())
        {
            var ports = PortsTowards(identity);
            var set = new RuleSet(ranks, ports);
            if (!settled.TryGetValue(set, out var intervals))
            {
                settled.Add(set, intervals = Settle(ranks, ports));
            }

            if (!intervals.AsSpan().SequenceEqual(shared.AsSpan()))
            {
                entries.Add(new PolicyMapKey(_direction, identity), intervals);
            }
        }
    }

    /// <summary>Ranks of the rules that hold for some identities only, per identity, ascending.</summary>
    private Dictionary<uint, List<int>> SelectedRanks()
    {
        var selected = new Dictionary<uint, List<int>>();
        for (var rank = 0; rank < _rules.Length; rank++)
        {
            if (_rules[rank].IsForEveryPeer)
            {
                continue;
            }

            foreach (var peer in _rules[rank].Peers)
            {
                foreach (var identity in peer.Identities)
                {
                    var ranks = RanksOf(identity);
                    if (ranks.Count == 0 || ranks[^1] != rank)
                    {
                        ranks.Add(rank);
                    }
                }
            }
        }

        if (_direction == PolicyDirection.Egress && _rules.Any(rule => rule is { IsForEveryPeer: true, HasNamedPorts: true }))
        {
            // The name means a different port at each destination.
            foreach (var identity in _identityPorts.Keys)
            {
                RanksOf(identity);
            }
        }

        if (_direction == PolicyDirection.Ingress)
        {
            RanksOf(ReservedIdentity.Host).Add(FromHostRank);
        }

        return selected;

        List<int> RanksOf(uint identity)
        {
            ref var ranks = ref CollectionsMarshal.GetValueRefOrAddDefault(selected, identity, out _);
            return ranks ??= [];
        }
    }

    private ImmutableArray<PolicyInterval> Settle(List<int> ranks, ImmutableArray<NamedPort> ports)
    {
        var intervals = new List<RankedInterval>();
        for (var rank = 0; rank < _rules.Length; rank++)
        {
            if (_rules[rank].IsForEveryPeer)
            {
                _rules[rank].AddIntervals(_direction == PolicyDirection.Ingress ? _subjectPorts : ports, rank, intervals);
            }
        }

        foreach (var rank in ranks)
        {
            if (rank == FromHostRank)
            {
                intervals.Add(new RankedInterval(0, TrafficMatch.LastClass, rank));
            }
            else
            {
                _rules[rank].AddIntervals(ports, rank, intervals);
            }
        }

        if (!DefaultDeny)
        {
            intervals.Add(new RankedInterval(0, TrafficMatch.LastClass, NotEnforcedRank));
        }

        return IntervalSweep.Settle(intervals, _verdicts);
    }

    /// <summary>A port's name is looked up where the traffic goes.</summary>
    private ImmutableArray<NamedPort> PortsTowards(uint identity) => _direction == PolicyDirection.Ingress
        ? _subjectPorts
        : _identityPorts.TryGetValue(identity, out var ports) ? ports : [];

    /// <summary>Which rules hold and which ports their names mean: what an identity's intervals depend on.</summary>
    private readonly struct RuleSet(List<int> ranks, ImmutableArray<NamedPort> ports) : IEquatable<RuleSet>
    {
        private readonly List<int> _ranks = ranks;
        private readonly ImmutableArray<NamedPort> _ports = ports;

        public bool Equals(RuleSet other) =>
            CollectionsMarshal.AsSpan(_ranks).SequenceEqual(CollectionsMarshal.AsSpan(other._ranks))
            && _ports.AsSpan().SequenceEqual(other._ports.AsSpan());

        public override bool Equals(object? obj) => obj is RuleSet other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_ranks)));
            hash.Add(_ports.Length);
            return hash.ToHashCode();
        }
    }
}
