using Axoneme.Datapath;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Policies;

/// <summary>What pinned maps enforce from before a restart, read back by policy id.</summary>
internal sealed class KernelPolicies
{
    private readonly Dictionary<(uint, IntervalList), uint> _places = [];

    public Dictionary<uint, KernelPolicy> Policies { get; } = [];

    /// <summary>Reads the maps.</summary>
    /// <exception cref="KernelException">A map cannot be read.</exception>
    public static KernelPolicies Read(IDatapath datapath)
    {
        var kernel = new KernelPolicies();
        var flags = new Dictionary<uint, EndpointFlags>();
        foreach (var (_, endpoint) in datapath.Endpoints.Entries().Where(pair => pair.Value.PolicyId != 0))
        {
            flags[endpoint.PolicyId] = endpoint.Flags & (EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced);
            var policy = kernel.PolicyOf(endpoint.PolicyId);
            policy.Users.Add(endpoint.Id);
            policy.Revision = Math.Max(policy.Revision, endpoint.PolicyRevision & ~EndpointEntry.AuditRevision);
        }

        foreach (var pair in datapath.Policy.Entries())
        {
            kernel.PolicyOf(pair.Key.PolicyId).Entries.Add(pair);
        }

        foreach (var (id, policy) in kernel.Policies)
        {
            policy.Content = kernel.ContentOf(id, policy, flags.GetValueOrDefault(id), datapath.PolicyRanges);
        }

        return kernel;
    }

    /// <summary>Where a list of a policy begins in <c>policy_ranges</c>.</summary>
    public uint PlaceOf(uint id, IntervalList list) => _places[(id, list)];

    private KernelPolicy PolicyOf(uint id) => Policies.TryGetValue(id, out var policy) ? policy : Policies[id] = new KernelPolicy();

    private EndpointPolicy? ContentOf(uint id, KernelPolicy policy, EndpointFlags flags, IKernelMap<uint, PolicyRangeEntry> ranges)
    {
        var entries = new Dictionary<PolicySlot, IntervalList>();
        foreach (var (key, entry) in policy.Entries)
        {
            if (entry.Count > ranges.Capacity)
            {
                return null;
            }

            var intervals = new PolicyRangeEntry[entry.Count];
            for (var i = 0u; i < entry.Count; i++)
            {
                if (entry.Count == 1)
                {
                    intervals[i] = entry.Only;
                }
                else if (!ranges.TryGet(entry.First + i, out intervals[i]))
                {
                    return null;
                }
            }

            var list = new IntervalList(intervals);
            entries[new PolicySlot(key.Direction, key.Identity)] = list;
            if (entry.Count > 1 && !_places.TryAdd((id, list), entry.First) && _places[(id, list)] != entry.First)
            {
                return null;
            }
        }

        return new EndpointPolicy(flags, entries);
    }
}

/// <summary>One policy id as the kernel holds it. <see cref="Content"/> is null when its lists cannot be read.</summary>
internal sealed class KernelPolicy
{
    public List<KeyValuePair<PolicyKey, PolicyEntry>> Entries { get; } = [];

    public List<ushort> Users { get; } = [];

    public uint Revision { get; set; } = 1;

    public EndpointPolicy? Content { get; set; }
}
