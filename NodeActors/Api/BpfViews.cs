using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Policies;
using Axoneme.NodeActors.State;
using Axoneme.Policy;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Api;

/// <summary>What the kernel's maps really hold, read for each call, with names where the agent has them.</summary>
internal sealed class BpfViews(IDatapath datapath, StateActor state, TimeProvider timeProvider)
{
    public IReadOnlyList<BpfEndpointView> Endpoints()
    {
        var names = state.View.Endpoints.Values.ToDictionary(status => status.Endpoint.Ifindex, status => status.Endpoint.Interface.HostName);
        return
        [
            .. datapath.Endpoints.Entries().OrderBy(pair => pair.Value.Id).Select(pair => new BpfEndpointView(
                pair.Key, names.GetValueOrDefault(pair.Key), pair.Value.Id, pair.Value.Identity, pair.Value.PolicyId, pair.Value.PolicyRevision & ~EndpointEntry.AuditRevision,
                FlagsOf((ushort)pair.Value.Flags, EndpointFlagNames), pair.Value.Mac.ToString(), pair.Value.GatewayMac.ToString(),
                pair.Value.Ipv4 == 0 ? null : new IPAddress(pair.Value.Ipv4).ToString(), pair.Value.Ipv6 == default ? null : pair.Value.Ipv6.ToString())),
        ];
    }

    public IReadOnlyList<BpfIpcacheView> Ipcache() =>
    [
        .. datapath.Prefixes.Entries().Select(pair => View(pair.Key.ToIPNetwork().ToString(), pair.Value))
            .Concat(datapath.Hosts.Entries().Select(pair => (Address: pair.Key.ToIPAddress(), pair.Value))
                .Select(pair => View($"{pair.Address}/{(pair.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)}", pair.Value)))
            .OrderBy(view => view.Prefix, StringComparer.Ordinal),
    ];

    public IReadOnlyList<BpfPolicyView> Policy()
    {
        var rows = new List<BpfPolicyView>();
        foreach (var (key, entry) in datapath.Policy.Entries().OrderBy(pair => pair.Key.Policy).ThenBy(pair => pair.Key.Identity))
        {
            var labels = LabelsOf(key.Identity);
            foreach (var range in RangesOf(entry))
            {
                var rule = state.Policies.DescribeRule(range.Rule)?.ToString() ?? "";
                var verdict = (range.Verdict & 0xFFFF) switch { 0 => "deny", 1 => "allow", 2 => "redirect", var other => $"unknown {other}" };
                rows.AddRange(TrafficClasses.Split(range.Low, range.High).Select(part => new BpfPolicyView(
                    key.PolicyId, key.Direction == TrafficDirection.Egress ? "egress" : "ingress", key.Identity, labels, part.Protocol, part.Ports, verdict,
                    (ushort)(range.Verdict >> 16), range.Rule, rule)));
            }
        }

        return rows;
    }

    public IReadOnlyList<BpfConntrackView> Conntrack()
    {
        var rows = new List<BpfConntrackView>();
        foreach (var (key, entry) in datapath.Conntrack4.Entries())
        {
            rows.Add(View(key.Protocol, new IPAddress(key.LowAddress), key.LowPort, new IPAddress(key.HighAddress), key.HighPort, entry));
        }

        foreach (var (key, entry) in datapath.Conntrack6.Entries())
        {
            rows.Add(View(key.Protocol, key.LowAddress.ToIPAddress(), key.LowPort, key.HighAddress.ToIPAddress(), key.HighPort, entry));
        }

        return rows;
    }

    public IReadOnlyList<BpfNatView> Nat() =>
    [
        .. datapath.Nat.Entries().Select(pair => new BpfNatView(
            DirectionOf(pair.Key.Direction, pair.Value.Role), TrafficClasses.ProtocolName(pair.Key.Protocol),
            Text(pair.Key.Tuple.Source.ToIPAddress(), pair.Key.Tuple.SourcePort), Text(pair.Key.Tuple.Destination.ToIPAddress(), pair.Key.Tuple.DestinationPort),
            Becomes(pair.Key, pair.Value), FlagsOf((ushort)pair.Value.Flags, NatFlagNames), IdleSeconds(pair.Value.LastSeen))),
    ];

    private static string DirectionOf(NatDirection direction, NatRole role) => (role & (NatRole.Service | NatRole.Asks | NatRole.Pieces)) switch
    {
        NatRole.Service | NatRole.Asks => "to-backend",
        NatRole.Service => "from-backend",
        _ => direction == NatDirection.Out ? "out" : "in",
    };

    /// <summary>The end that is changed, or both.</summary>
    private static string Becomes(in NatKey key, in NatEntry entry)
    {
        var (source, destination) = (Text(entry.Tuple.Source.ToIPAddress(), entry.Tuple.SourcePort), Text(entry.Tuple.Destination.ToIPAddress(), entry.Tuple.DestinationPort));
        return entry.Role.HasFlag(NatRole.BothEnds) ? $"{source} → {destination}" : key.Direction == NatDirection.Out ? source : destination;
    }

    /// <summary>The labels of an identity: reserved, of the cluster, or this node's own.</summary>
    public IReadOnlyList<string> LabelsOf(uint identity)
    {
        var view = state.View;
        return view.LocalLabels.TryGetValue(identity, out var own) ? own.ToStrings()
            : ReservedIdentity.IsReserved(identity) ? ReservedLabels[identity]
            : view.State.Identities.TryGetValue(identity, out var record) ? record.Labels
            : [];
    }

    private static readonly Dictionary<uint, string[]> ReservedLabels = ReservedIdentity.All.ToDictionary(number => number, number => ReservedIdentity.LabelsOf(number).ToStrings());

    private static readonly string[] EndpointFlagNames = ["ingress-enforced", "egress-enforced", "audit"];

    private static readonly string[] ConntrackFlagNames =
        ["initiator-is-high", "reply-seen", "fin-from-initiator", "fin-from-responder", "reset", "not-syn", "closed-reported", "masquerade"];

    private static readonly string[] NatFlagNames = ["fin-out", "fin-in", "reset", "reply-seen"];

    private static string FlagsOf(ushort flags, string[] names) => string.Join(',', names.Where((_, bit) => (flags & 1 << bit) != 0));

    private BpfIpcacheView View(string prefix, IpcacheEntry entry) => new(
        prefix, entry.Identity, entry.Ifindex,
        entry.Tunnel == 0 ? null : datapath.Tunnels.TryGet(entry.Tunnel, out var underlay) && underlay != default ? underlay.ToString() : $"index {entry.Tunnel}, which is empty");

    private uint IdleSeconds(uint lastSeen)
    {
        var now = ConntrackClock.Now(timeProvider);
        return (uint)(((ulong)Math.Max(0, unchecked((int)(now - lastSeen))) << ConntrackEntry.TickShift) / 1_000_000_000);
    }

    private PolicyRangeEntry[] RangesOf(PolicyEntry entry)
    {
        if (entry.Count <= 1)
        {
            return entry.Count == 1 ? [entry.Only] : [];
        }

        var ranges = new PolicyRangeEntry[Math.Min(entry.Count, datapath.PolicyRanges.Capacity)];
        for (var i = 0u; i < ranges.Length; i++)
        {
            datapath.PolicyRanges.TryGet(entry.First + i, out ranges[i]);
        }

        return ranges;
    }

    private BpfConntrackView View(byte protocol, IPAddress low, ushort lowPort, IPAddress high, ushort highPort, ConntrackEntry entry)
    {
        var lowEnd = Text(low, lowPort);
        var highEnd = Text(high, highPort);
        var isHigh = entry.Flags.HasFlag(ConntrackFlags.InitiatorIsHigh);
        return new BpfConntrackView(
            TrafficClasses.ProtocolName(protocol), isHigh ? highEnd : lowEnd, isHigh ? lowEnd : highEnd, entry.Initiator.Identity, entry.Responder.Identity,
            FlagsOf((ushort)entry.Flags, ConntrackFlagNames), IdleSeconds(entry.LastSeen), RuleOf(entry.Initiator), RuleOf(entry.Responder));
    }

    private static string Text(IPAddress address, ushort networkPort) =>
        new IPEndPoint(address, BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(networkPort) : networkPort).ToString();

    /// <summary>An end that is no pod of this node has no verdict here.</summary>
    private string RuleOf(ConntrackEnd end) => end.Ifindex == 0 ? "" : state.Policies.DescribeRule(end.Rule)?.ToString() ?? $"rule {end.Rule}";
}
