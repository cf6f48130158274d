using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>The endpoints and nodes that somebody wants to know the policies of, and the policy set each has.</summary>
/// <param name="peers">What is known of identities.</param>
internal sealed class TrackedSubjects(PeerKnowledge peers)
{
    private readonly SelectorCache<CompiledSpec> _selectors = new();
    private readonly Dictionary<PolicySubject, TrackedSubject> _subjects = [];
    private readonly Dictionary<uint, TrackedSubject> _byHandle = [];
    private readonly Dictionary<PolicySetKey, PolicySet> _sets = [];
    private readonly HashSet<PolicySet> _nodeSets = [];
    private uint _lastHandle;

    /// <summary>The distinct sets.</summary>
    public IReadOnlyCollection<PolicySet> Sets => _sets.Values;

    /// <summary>Those of nodes.</summary>
    public IReadOnlyCollection<PolicySet> NodeSets => _nodeSets;

    public PolicySet? SetOf(PolicySubject subject) => _subjects.GetValueOrDefault(subject)?.Set;

    public PolicySet Track(PolicySubject subject)
    {
        if (!_subjects.TryGetValue(subject, out var tracked))
        {
            tracked = new TrackedSubject(subject, ++_lastHandle);
            _subjects.Add(subject, tracked);
            _byHandle.Add(tracked.Handle, tracked);
            var selected = new HashSet<CachedSelector<CompiledSpec>>();
            _selectors.Upsert(tracked.Handle, subject.Labels, selected);
            var specs = selected.SelectMany(selector => selector.Users).Where(spec => spec.Spec.IsForNodes == subject.IsNode).ToList();
            specs.Sort(CompiledSpec.Compare);
            Assign([tracked], KeyOf(tracked, [.. specs]));
        }

        tracked.Users++;
        return tracked.Set!;
    }

    /// <exception cref="InvalidOperationException">The subject is not tracked.</exception>
    public void Untrack(PolicySubject subject)
    {
        var tracked = _subjects.GetValueOrDefault(subject) ?? throw new InvalidOperationException($"{subject.Labels} is not tracked");
        if (--tracked.Users == 0)
        {
            _subjects.Remove(subject);
            _byHandle.Remove(tracked.Handle);
            _selectors.Remove(tracked.Handle, []);
            Leave(tracked);
        }
    }

    /// <summary>Takes specs out of force and puts others in: gives every subject concerned the set it belongs to.</summary>
    public void Replace(ImmutableArray<CompiledSpec> going, ImmutableArray<CompiledSpec> coming)
    {
        // What comes first, so that a selector both use keeps its members.
        foreach (var spec in coming)
        {
            spec.Acquire(_selectors);
        }

        var subjects = going.Concat(coming).SelectMany(spec => spec.Subjects!.Members).Distinct().Select(handle => _byHandle[handle]);
        var moves = subjects.GroupBy(tracked => (Set: tracked.Set!, Key: KeyOf(
            tracked,
            tracked.Set!.Key.Specs.RemoveAll(going.Contains).AddRange(coming.Where(spec => AppliesTo(spec, tracked))).Sort(CompiledSpec.Compare))));
        foreach (var move in moves.ToList())
        {
            Assign(move.ToList(), move.Key.Key);
        }

        foreach (var spec in going)
        {
            spec.Release(_selectors);
        }
    }

    private static bool AppliesTo(CompiledSpec spec, TrackedSubject tracked) =>
        spec.Spec.IsForNodes == tracked.Subject.IsNode && spec.Subjects!.Members.Contains(tracked.Handle);

    /// <summary>An endpoint without labels yet must not be open until its policies are known (Cilium: "Init identity").</summary>
    private static PolicySetKey KeyOf(TrackedSubject tracked, ImmutableArray<CompiledSpec> specs) =>
        new(specs, tracked.Subject.NamedPorts, tracked.Subject.IsNode, tracked.Subject.Labels.Contains(LabelSource.Reserved, "init"));

    /// <summary>Gives subjects that have the same set now the set of a key.</summary>
    private void Assign(IReadOnlyList<TrackedSubject> subjects, PolicySetKey key)
    {
        var old = subjects[0].Set;
        if (old is not null && old.Key.Equals(key))
        {
            return;
        }

        if (!_sets.TryGetValue(key, out var set))
        {
            if (old is not null && old.Subjects.Count == subjects.Count && old.Key.SubjectPorts.AsSpan().SequenceEqual(key.SubjectPorts.AsSpan()))
            {
                // All of its subjects go the same way: only what differs need be computed.
                _sets.Remove(old.Key);
                old.Become(key);
                _sets.Add(key, old);
                return;
            }

            set = new PolicySet(key, peers);
            _sets.Add(key, set);
            if (key.SubjectIsNode)
            {
                _nodeSets.Add(set);
            }
        }

        foreach (var tracked in subjects)
        {
            Leave(tracked);
            set.Subjects.Add(tracked.Handle);
            tracked.Set = set;
        }
    }

    private void Leave(TrackedSubject tracked)
    {
        if (tracked.Set is { } set && set.Subjects.Remove(tracked.Handle) && set.Subjects.Count == 0)
        {
            _sets.Remove(set.Key);
            _nodeSets.Remove(set);
            set.Leave();
        }
    }

    private sealed class TrackedSubject(PolicySubject subject, uint handle)
    {
        public PolicySubject Subject { get; } = subject;

        public uint Handle { get; } = handle;

        /// <summary>How many track it.</summary>
        public int Users { get; set; }

        public PolicySet? Set { get; set; }
    }
}
