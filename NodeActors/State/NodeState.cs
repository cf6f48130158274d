using System.Collections.Immutable;
using System.Net;
using Axoneme.Policy;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.State;

/// <summary>
/// What the control plane decided, as far as this node has heard: an immutable value that any thread may read while the state
/// actor makes the next one.
/// </summary>
internal sealed record NodeState
{
    public static NodeState Empty { get; } = new();

    /// <summary>Whether anything whole was ever received or loaded: until then nothing about policies is known.</summary>
    public bool IsComplete { get; init; }

    public ulong Epoch { get; init; }

    public ulong Revision { get; init; }

    public ImmutableDictionary<(RecordKind Kind, string Key), Record> Records { get; init; } = ImmutableDictionary<(RecordKind, string), Record>.Empty;

    public ImmutableDictionary<uint, IdentityRecord> Identities { get; init; } = ImmutableDictionary<uint, IdentityRecord>.Empty;

    /// <summary>Identity numbers by label set, see <see cref="LabelSet"/>.</summary>
    public ImmutableDictionary<string, uint> IdentityOfLabels { get; init; } = ImmutableDictionary<string, uint>.Empty;

    public ImmutableDictionary<IPAddress, IpRecord> Ips { get; init; } = ImmutableDictionary<IPAddress, IpRecord>.Empty;

    public ImmutableDictionary<string, NodeRecord> Nodes { get; init; } = ImmutableDictionary<string, NodeRecord>.Empty;

    /// <summary>Which node has an address of its own.</summary>
    public ImmutableDictionary<IPAddress, string> NodeAddresses { get; init; } = ImmutableDictionary<IPAddress, string>.Empty;

    /// <summary>Which node has a health endpoint of an address.</summary>
    public ImmutableDictionary<IPAddress, string> HealthAddresses { get; init; } = ImmutableDictionary<IPAddress, string>.Empty;

    public Cursor Cursor => new() { Epoch = Epoch, Revision = Revision };

    /// <summary>One text for a sorted label set.</summary>
    public static string LabelSet(IEnumerable<string> labels) => string.Join('\n', labels);

    public PodRecord? Pod(string ns, string name) => Records.GetValueOrDefault((RecordKind.Pod, $"{ns}/{name}"))?.Pod;

    /// <summary>Policies and CIDR groups; services, which policies may refer to, are none.</summary>
    public IEnumerable<PolicyRecord> Policies => Records.Values
        .Where(r => r.Kind == RecordKind.Policy && (PolicyParser.RuleKinds.Contains(r.Policy.Kind) || r.Policy.Kind == CidrGroup.KindName))
        .Select(r => r.Policy);

    /// <summary>The state after a commit, and what the commit really changed: a snapshot's equal records are no changes.</summary>
    public (NodeState Next, IReadOnlyList<RecordChange> Changes) Apply(Commit commit)
    {
        var changes = new List<RecordChange>();
        var records = Records.ToBuilder();
        foreach (var record in commit.Records)
        {
            var key = (record.Kind, record.Key);
            var old = records.GetValueOrDefault(key);
            if (record.Deleted)
            {
                if (records.Remove(key))
                {
                    changes.Add(new RecordChange(record.Kind, record.Key, old, null));
                }
            }
            else
            {
                records[key] = record;
                if (old is null || !SameValue(old, record))
                {
                    changes.Add(new RecordChange(record.Kind, record.Key, old, record));
                }
            }
        }

        if (commit.Snapshot)
        {
            var live = commit.Records.Where(r => !r.Deleted).Select(r => (r.Kind, r.Key)).ToHashSet();
            foreach (var (key, old) in Records.Where(pair => !live.Contains(pair.Key)))
            {
                records.Remove(key);
                changes.Add(new RecordChange(key.Kind, key.Key, old, null));
            }
        }

        var next = Indexed(this with { Records = records.ToImmutable() }, changes) with
        {
            IsComplete = true,
            Epoch = commit.Epoch,
            Revision = commit.Revision,
        };
        return (next, changes);
    }

    private static bool SameValue(Record left, Record right) =>
        left.ValueCase == right.ValueCase && left.ValueCase switch
        {
            Record.ValueOneofCase.Identity => left.Identity.Equals(right.Identity),
            Record.ValueOneofCase.Ip => left.Ip.Equals(right.Ip),
            Record.ValueOneofCase.Node => left.Node.Equals(right.Node),
            Record.ValueOneofCase.Policy => left.Policy.Equals(right.Policy),
            Record.ValueOneofCase.Config => left.Config.Equals(right.Config),
            Record.ValueOneofCase.Pod => left.Pod.Equals(right.Pod),
            Record.ValueOneofCase.Service => left.Service.Equals(right.Service),
            Record.ValueOneofCase.EndpointSlice => left.EndpointSlice.Equals(right.EndpointSlice),
            _ => true,
        };

    private static NodeState Indexed(NodeState state, List<RecordChange> changes)
    {
        var identities = state.Identities.ToBuilder();
        var identityOfLabels = state.IdentityOfLabels.ToBuilder();
        var ips = state.Ips.ToBuilder();
        var nodes = state.Nodes.ToBuilder();
        var nodeAddresses = state.NodeAddresses.ToBuilder();
        var healthAddresses = state.HealthAddresses.ToBuilder();
        // What goes makes room for what comes: an address may move from one node to another within a commit.
        foreach (var old in changes.Select(c => c.Old).OfType<Record>())
        {
            switch (old.Kind)
            {
                case RecordKind.Identity:
                    identities.Remove(old.Identity.Number);
                    if (identityOfLabels.GetValueOrDefault(LabelSet(old.Identity.Labels)) == old.Identity.Number)
                    {
                        identityOfLabels.Remove(LabelSet(old.Identity.Labels));
                    }

                    break;
                case RecordKind.Ip when IPAddress.TryParse(old.Key, out var address):
                    ips.Remove(address);
                    break;
                case RecordKind.Node:
                    nodes.Remove(old.Key);
                    nodeAddresses.RemoveRange(Addresses(old.Node));
                    healthAddresses.RemoveRange(HealthAddressesOf(old.Node));
                    break;
            }
        }

        foreach (var added in changes.Select(c => c.New).OfType<Record>())
        {
            switch (added.Kind)
            {
                case RecordKind.Identity:
                    identities[added.Identity.Number] = added.Identity;
                    identityOfLabels[LabelSet(added.Identity.Labels)] = added.Identity.Number;
                    break;
                case RecordKind.Ip when IPAddress.TryParse(added.Key, out var address):
                    ips[address] = added.Ip;
                    break;
                case RecordKind.Node:
                    nodes[added.Key] = added.Node;
                    foreach (var address in Addresses(added.Node))
                    {
                        nodeAddresses[address] = added.Key;
                    }

                    foreach (var address in HealthAddressesOf(added.Node))
                    {
                        healthAddresses[address] = added.Key;
                    }

                    break;
            }
        }

        return state with
        {
            Identities = identities.ToImmutable(),
            IdentityOfLabels = identityOfLabels.ToImmutable(),
            Ips = ips.ToImmutable(),
            Nodes = nodes.ToImmutable(),
            NodeAddresses = nodeAddresses.ToImmutable(),
            HealthAddresses = healthAddresses.ToImmutable(),
        };
    }

    /// <summary>Addresses of a node's health endpoint that parse.</summary>
    public static IEnumerable<IPAddress> HealthAddressesOf(NodeRecord? node) =>
        node is null ? [] : new[] { node.HealthIpv4, node.HealthIpv6 }.Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>();

    /// <summary>A node's addresses that parse; the control plane checks them when it takes a registration.</summary>
    public static IEnumerable<IPAddress> Addresses(NodeRecord? node) =>
        node is null ? [] : node.Addresses.Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>();
}

/// <summary>A record that came (no old value), went (no new value) or changed.</summary>
internal sealed record RecordChange(RecordKind Kind, string Key, Record? Old, Record? New);
