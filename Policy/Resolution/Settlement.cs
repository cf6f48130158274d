using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// Settles what overlapping rules come to: for every traffic class the outcome, in as few intervals as possible. Denying rules beat allowing ones;
/// several allowing rules are alternatives. Of the rules that decide an interval one is named, and an interval is as long as one rule can be named for
/// it and the outcome stays the same (the greedy choice, which is optimal for covering a line).
/// </summary>
internal sealed class Settlement
{
    private readonly List<(uint At, int Line)> _ends = [];
    private readonly List<Entry> _lines = [];
    private readonly List<PolicyInterval> _settled = [];

    /// <summary>Lines that are about the traffic in question: ascending, hence in the order of rules.</summary>
    private readonly List<int> _open = [];

    /// <summary>Rules that could be named for the traffic in question, by their place in the order, ascending.</summary>
    private readonly List<int> _candidates = [];

    /// <summary>Rules that could be named for the whole of the last interval settled, likewise.</summary>
    private readonly List<int> _deciders = [];

    /// <summary>Ids of the rules added, in order.</summary>
    private readonly List<uint> _rules = [];

    /// <summary>Adds a rule.</summary>
    /// <param name="rule">Rules come in the order of <see cref="CompiledRule.Compare"/>.</param>
    /// <param name="namedPorts">Ports of the pod that the traffic goes to.</param>
    public void Add(CompiledRule rule, ImmutableArray<NamedPort> namedPorts)
    {
        _rules.Add(rule.Id);
        foreach (var line in rule.Lines)
        {
            var entry = new Entry(_rules.Count - 1, rule.Rule.Deny, line.Inspection, rule.Rule.Authentication);
            foreach (var (low, high) in line.Classes(namedPorts))
            {
                Open(entry, low, high);
            }
        }
    }

    /// <summary>Adds an allow that nobody wrote, for all traffic, behind all rules.</summary>
    /// <param name="rule">One of <see cref="ImplicitRule"/>.</param>
    /// <param name="exempts">Also from authentication.</param>
    public void AddImplicit(uint rule, bool exempts)
    {
        _rules.Add(rule);
        Open(new Entry(_rules.Count - 1, false, null, AuthenticationMode.Disabled, exempts), 0, TrafficMatch.LastClass);
    }

    /// <summary>Adds an allow that nobody wrote and no rule overcomes, behind all rules: what they let pass as it is keeps their names.</summary>
    /// <param name="rule">One of <see cref="ImplicitRule"/>.</param>
    /// <param name="traffic">What it is about.</param>
    public void AddOverriding(uint rule, IEnumerable<TrafficMatch> traffic)
    {
        _rules.Add(rule);
        foreach (var match in traffic)
        {
            Open(new Entry(_rules.Count - 1, false, null, AuthenticationMode.Disabled, Overrides: true), match.LowClass, match.HighClass);
        }
    }

    /// <summary>The intervals, sorted and disjoint, without those that default deny covers. Afterwards everything is forgotten.</summary>
    public ImmutableArray<PolicyInterval> Settle()
    {
        _ends.Sort(static (left, right) => left.At.CompareTo(right.At));
        for (var i = 0; i < _ends.Count;)
        {
            var at = _ends[i].At;
            for (; i < _ends.Count && _ends[i].At == at; i++)
            {
                Toggle(_ends[i].Line);
            }

            if (_open.Count > 0)
            {
                Append(Outcome(at, _ends[i].At - 1));
            }
        }

        var settled = _settled.ToImmutableArray();
        _ends.Clear();
        _lines.Clear();
        _settled.Clear();
        _deciders.Clear();
        _rules.Clear();
        return settled;
    }

    /// <summary>True when the same happens to every traffic class.</summary>
    public static bool HaveSameOutcomes(ImmutableArray<PolicyInterval> left, ImmutableArray<PolicyInterval> right)
    {
        if (left == right)
        {
            return true;
        }

        var (i, j) = (0, 0);
        while (i < left.Length && j < right.Length)
        {
            var (one, other) = (Run(left, ref i), Run(right, ref j));
            if (one.Low != other.Low || one.High != other.High || !one.HasOutcomeOf(other))
            {
                return false;
            }
        }

        return i == left.Length && j == right.Length;
    }

    /// <summary>The longest stretch of equal outcome from <paramref name="at"/> on.</summary>
    private static PolicyInterval Run(ImmutableArray<PolicyInterval> intervals, ref int at)
    {
        var run = intervals[at++];
        while (at < intervals.Length && intervals[at].Low == run.High + 1 && run.HasOutcomeOf(intervals[at]))
        {
            run = run with { High = intervals[at++].High };
        }

        return run;
    }

    private void Open(Entry entry, uint low, uint high)
    {
        _lines.Add(entry);
        _ends.Add((low, _lines.Count - 1));
        _ends.Add((high + 1, _lines.Count - 1)); // traffic classes have 24 bits
    }

    private void Toggle(int line)
    {
        var place = _open.BinarySearch(line);
        if (place < 0)
        {
            _open.Insert(~place, line);
        }
        else
        {
            _open.RemoveAt(place);
        }
    }

    /// <summary>What the open lines come to; <see cref="_candidates"/> gets the rules that decide it.</summary>
    private PolicyInterval Outcome(uint low, uint high)
    {
        var (denied, exempt, plain, inspected, overriding) = (false, false, false, false, -1);
        var authentication = AuthenticationMode.Disabled;
        foreach (var line in _open)
        {
            var entry = _lines[line];
            denied |= entry.Deny;
            exempt |= entry.Exempts;
            overriding = entry.Overrides ? entry.Rule : overriding;

            // A direction that is open by default is not thereby open to every request (Cilium's documentation, "Policy Enforcement Modes").
            plain |= !entry.Deny && entry.Inspection is null && _rules[entry.Rule] != ImplicitRule.NotEnforced;
            inspected |= entry.Inspection is not null;
            authentication = entry.Authentication > authentication ? entry.Authentication : authentication;
        }

        var redirect = !denied && inspected;
        _candidates.Clear();
        if (overriding >= 0 && (denied || redirect || (authentication != AuthenticationMode.Disabled && !exempt)))
        {
            _candidates.Add(overriding);
            return new PolicyInterval(low, high, PolicyVerdict.Allow, _rules[overriding]);
        }

        foreach (var line in _open)
        {
            // What nobody wrote comes last, and is named only where nothing written decides.
            if (_lines[line] is var entry && entry.Deny == denied && entry.Inspection is not null == redirect
                && (_candidates.Count == 0 || (_candidates[^1] != entry.Rule && _rules[entry.Rule] >= ImplicitRule.FirstWritten)))
            {
                _candidates.Add(entry.Rule);
            }
        }

        return new PolicyInterval(
            low,
            high,
            denied ? PolicyVerdict.Deny : redirect ? PolicyVerdict.Redirect : PolicyVerdict.Allow,
            _rules[_candidates[0]],
            redirect ? new MergedInspection(_open.Select(line => _lines[line].Inspection).OfType<Inspection>(), plain, exempt) : null,
            denied || exempt ? AuthenticationMode.Disabled : authentication);
    }

    /// <summary>Lengthens the last interval if a rule can be named for both, or begins a new one.</summary>
    private void Append(PolicyInterval next)
    {
        if (_settled.Count > 0 && _settled[^1] is var last && last.High + 1 == next.Low && last.HasOutcomeOf(next) && KeepCommonDeciders())
        {
            _settled[^1] = last with { High = next.High, Rule = _rules[_deciders[0]] };
        }
        else
        {
            _deciders.Clear();
            _deciders.AddRange(_candidates);
            _settled.Add(next);
        }
    }

    /// <summary>Keeps of the deciders those that are candidates, too; false, and nothing is done, when there are none.</summary>
    private bool KeepCommonDeciders()
    {
        var (kept, i, j) = (0, 0, 0);
        while (i < _deciders.Count && j < _candidates.Count)
        {
            if (_deciders[i] == _candidates[j])
            {
                // What is overwritten has been compared already.
                _deciders[kept++] = _candidates[j++];
                i++;
            }
            else if (_deciders[i] < _candidates[j])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        if (kept > 0)
        {
            _deciders.RemoveRange(kept, _deciders.Count - kept);
        }

        return kept > 0;
    }

    private readonly record struct Entry(int Rule, bool Deny, Inspection? Inspection, AuthenticationMode Authentication, bool Exempts = false, bool Overrides = false);
}
