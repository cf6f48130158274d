using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;

namespace Axoneme.NodeActors.Policies;

/// <summary>
/// Decides which policy id judges each pod and what stands under it. A changed policy is put aside under a fresh id; only when
/// nothing but the set of known identities changed is it changed in place. Nothing here writes: the owner flushes the maps, and says
/// so with <see cref="RetireUnused"/> and <see cref="ReleaseIntervals"/> at the right moments.
/// </summary>
internal sealed class PolicyProgrammer(MapReconciler<PolicyKey, PolicyEntry> map, IntervalStore intervals, PolicyIds ids)
{
    private readonly Dictionary<uint, InstalledPolicy> _installed = [];
    private readonly Dictionary<ushort, InstalledPolicy> _assigned = [];
    private readonly List<PolicyKey> _foreign = [];

    /// <summary>Lists that the kernel's entries may still point to until everything pending is written.</summary>
    private readonly List<IntervalList> _left = [];

    /// <summary>The policy that judges an endpoint; null when none could be installed yet: the endpoint stays closed.</summary>
    public InstalledPolicy? Of(ushort endpoint) => _assigned.GetValueOrDefault(endpoint);

    /// <summary>
    /// Takes over what the kernel enforces from before a restart, so that an equal policy keeps its id, its verdicts and its
    /// connections, and a different one is replaced only by a complete new one.
    /// </summary>
    public void Adopt(KernelPolicies kernel)
    {
        foreach (var (id, policy) in kernel.Policies)
        {
            var content = policy.Content;
            if (content is null || !content.Entries.Values.Where(list => list.Count > 1).All(list => intervals.Adopt(kernel.PlaceOf(id, list), list)))
            {
                // Two places for one list, or a list that cannot be read: keep it as it is until the pods have left it.
                _foreign.AddRange(policy.Entries.Select(pair => pair.Key));
                policy.Entries.ForEach(pair => intervals.Hold(pair.Value.First, pair.Value.Count > 1 ? pair.Value.Count : 0));
            }
            else
            {
                _installed[id] = new InstalledPolicy(id, content) { Revision = policy.Revision };
                foreach (var user in policy.Users)
                {
                    _installed[id].Users.Add(user);
                    _assigned[user] = _installed[id];
                }
            }

            policy.Entries.ForEach(pair => map.Adopt(pair.Key, pair.Value));
        }
    }

    /// <summary>
    /// Before a prefix gets an identity of its own: lets every policy in force judge it as it judges the wider one, so that
    /// mapping the addresses changes no verdict. False when that does not fit.
    /// </summary>
    public bool Inherit(uint identity, uint from)
    {
        foreach (var policy in _installed.Values)
        {
            foreach (var direction in new[] { TrafficDirection.Egress, TrafficDirection.Ingress })
            {
                var slot = new PolicySlot(direction, identity);
                if (policy.Content.Entries.TryGetValue(new PolicySlot(direction, from), out var list) && !policy.Content.Entries.ContainsKey(slot))
                {
                    var content = policy.Content.With([KeyValuePair.Create(slot, (IntervalList?)list)]);
                    try
                    {
                        Write(policy.Id, [slot], content, newEntries: 1);
                    }
                    catch (PolicySpaceException)
                    {
                        return false;
                    }

                    policy.Content = content;
                }
            }
        }

        return true;
    }

    /// <summary>Gives every endpoint the policy it should have. Endpoints that are not mentioned have none any more.</summary>
    /// <param name="wanted">The policy of every endpoint.</param>
    /// <param name="cameOrWent">Whether an identity became known or unknown since the last call: only such differences may be changed in place.</param>
    /// <returns>Endpoints whose new policy does not fit, and why. What judged them before goes on judging them.</returns>
    public IReadOnlyDictionary<ushort, string> Update(IReadOnlyDictionary<ushort, EndpointPolicy> wanted, Predicate<uint> cameOrWent)
    {
        KeepOnly(wanted.Keys.ToHashSet());
        var problems = new Dictionary<ushort, string>();
        var byContent = new Dictionary<EndpointPolicy, InstalledPolicy>();
        foreach (var policy in _installed.Values)
        {
            byContent[policy.Content] = policy;
        }

        var groups = wanted.GroupBy(pair => pair.Value, pair => pair.Key).Select(g => (Content: g.Key, Endpoints: g.ToArray())).ToList();
        var kept = groups.Select(group => byContent.GetValueOrDefault(group.Content)).OfType<InstalledPolicy>().ToHashSet();
        foreach (var (content, endpoints) in groups)
        {
            try
            {
                var policy = byContent.GetValueOrDefault(content) ?? ChangeInPlace(content, endpoints, kept, cameOrWent) ?? Install(content);
                kept.Add(policy);
                foreach (var endpoint in endpoints)
                {
                    Assign(endpoint, policy);
                }
            }
            catch (PolicySpaceException exception)
            {
                foreach (var endpoint in endpoints)
                {
                    problems[endpoint] = exception.Message;
                }
            }
        }

        return problems;
    }

    /// <summary>Forgets endpoints that are gone: an id may come back as another pod.</summary>
    public void KeepOnly(IReadOnlySet<ushort> endpoints)
    {
        foreach (var gone in _assigned.Keys.Where(endpoint => !endpoints.Contains(endpoint)).ToArray())
        {
            Assign(gone, null);
        }
    }

    /// <summary>The endpoints' records are written: no packet is judged by a policy without users any more, so its entries may go.</summary>
    public void RetireUnused()
    {
        foreach (var policy in _installed.Values.Where(p => p.Users.Count == 0).ToArray())
        {
            _installed.Remove(policy.Id);
            foreach (var (slot, list) in policy.Content.Entries)
            {
                map.Remove(KeyOf(policy.Id, slot));
                Leave(list);
            }
        }

        _foreign.ForEach(map.Remove);
        _foreign.Clear();
    }

    /// <summary>Everything pending is written: no entry in the kernel points to the lists left behind.</summary>
    public void ReleaseIntervals()
    {
        _left.ForEach(intervals.Release);
        _left.Clear();
    }

    private void Assign(ushort endpoint, InstalledPolicy? policy)
    {
        var old = _assigned.GetValueOrDefault(endpoint);
        if (ReferenceEquals(old, policy))
        {
            return;
        }

        old?.Users.Remove(endpoint);
        if (policy is null)
        {
            _assigned.Remove(endpoint);
        }
        else
        {
            _assigned[endpoint] = policy;
            policy.Users.Add(endpoint);
        }
    }

    private InstalledPolicy? ChangeInPlace(EndpointPolicy content, ushort[] endpoints, HashSet<InstalledPolicy> kept, Predicate<uint> cameOrWent)
    {
        var current = Of(endpoints[0]);
        if (current is null || kept.Contains(current) || current.Content.Enforcement != content.Enforcement || !current.Users.IsSubsetOf(endpoints))
        {
            return null;
        }

        var differences = current.Content.Differences(content);
        if (!differences.All(slot => slot.Identity != 0 && cameOrWent(slot.Identity)))
        {
            return null;
        }

        var coming = differences.Where(content.Entries.ContainsKey).ToArray();
        var going = differences.Where(slot => !content.Entries.ContainsKey(slot)).ToArray();
        try
        {
            Write(current.Id, coming, content, newEntries: coming.Count(slot => !current.Content.Entries.ContainsKey(slot)));
        }
        catch (PolicySpaceException) when (going.Length > 0)
        {
            // The kernel removes after it wrote: what goes makes room for what comes at the next turn.
            Forget(current, going);
            current.Content = current.Content.With(going.Select(slot => KeyValuePair.Create(slot, (IntervalList?)null)));
            throw;
        }

        foreach (var replaced in coming.Where(current.Content.Entries.ContainsKey))
        {
            Leave(current.Content.Entries[replaced]);
        }

        Forget(current, going);
        current.Content = content;

        // Connections of a new identity may have been judged by the wildcard. Who merely vanished has no packets to judge.
        current.Revision += coming.Length > 0 ? 1u : 0;
        return current;
    }

    private void Forget(InstalledPolicy policy, PolicySlot[] slots)
    {
        foreach (var slot in slots)
        {
            Leave(policy.Content.Entries[slot]);
            map.Remove(KeyOf(policy.Id, slot));
        }
    }

    private InstalledPolicy Install(EndpointPolicy content)
    {
        var policy = new InstalledPolicy(ids.Next(), content);
        Write(policy.Id, content.Entries.Keys, content, content.Entries.Count);
        _installed[policy.Id] = policy;
        return policy;
    }

    /// <summary>Wants the entries, or throws and wants none of them.</summary>
    private void Write(uint id, IEnumerable<PolicySlot> slots, EndpointPolicy content, int newEntries)
    {
        if (map.Occupied + newEntries > map.Capacity)
        {
            throw new PolicySpaceException(
                $"map policy is full: {newEntries} more entries do not fit ({map.Occupied} of {map.Capacity} in use); raise {MapSizing.OptionOf("policy")}, or use fewer distinct selectors, or wider ones");
        }

        var written = new List<(PolicyKey Key, PolicyEntry Entry)>();
        var acquired = new List<IntervalList>();
        try
        {
            foreach (var slot in slots)
            {
                var list = content.Entries[slot];
                var entry = list.Count switch
                {
                    0 => default,
                    1 => new PolicyEntry(0, 1, list.Intervals[0]),
                    _ => new PolicyEntry(intervals.Acquire(list), (uint)list.Count, default),
                };
                if (list.Count > 1)
                {
                    acquired.Add(list);
                }

                written.Add((KeyOf(id, slot), entry));
            }
        }
        catch (PolicySpaceException)
        {
            acquired.ForEach(intervals.Release);
            throw;
        }

        written.ForEach(pair => map.Set(pair.Key, pair.Entry));
    }

    private void Leave(IntervalList list)
    {
        if (list.Count > 1)
        {
            _left.Add(list);
        }
    }

    private static PolicyKey KeyOf(uint id, PolicySlot slot) => PolicyKey.Of(id, slot.Direction, slot.Identity);
}
