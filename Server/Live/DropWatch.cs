using System.Net;
using System.Net.Sockets;
using Axoneme.Hubble;

namespace Axoneme.Server.Live;

/// <summary>
/// Follows the node's flows and counts drops by kind, and what only audit mode did not drop. Probes repeat every second, so that what matters is which kinds there are, not
/// each packet; a kind that stopped is forgotten after a while.
/// </summary>
internal sealed class DropWatch(FlowRing flows, TimeProvider time)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<Drop, DropCount> _drops = [];

    /// <summary>Kinds of the last seconds; the newest kind first, so that lines do not jump while counts grow.</summary>
    public IReadOnlyList<DropCount> Recent
    {
        get
        {
            lock (_lock)
            {
                var oldest = time.GetUtcNow() - Remembered;
                foreach (var old in _drops.Values.Where(drop => drop.Last < oldest).ToList())
                {
                    _drops.Remove(old.Drop);
                }

                return [.. _drops.Values.OrderByDescending(drop => drop.First).ThenBy(drop => $"{drop.Drop}", StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Follows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var entry in flows.ReadAsync(new FlowFilter { Verdicts = [FlowVerdict.Dropped, FlowVerdict.Audit] }, last: 0, follow: true, cancellationToken))
        {
            // What every kernel sends by itself when an interface comes up (neighbour discovery, MLD) is nobody's concern here.
            if (entry.Flow is { } flow && !IsMulticast(flow.Destination.Address))
            {
                Count(Read(flow));
            }
        }
    }

    private static Drop Read(Flow flow)
    {
        var protocol = flow.Protocol switch
        {
            1 => "icmp",
            6 => "tcp",
            17 => "udp",
            58 => "icmpv6",
            132 => "sctp",
            var other => $"protocol {other}",
        };
        return new Drop(Name(flow.Source), Name(flow.Destination), flow.Destination.Port is { } port ? $"{protocol}/{port}" : protocol,
            DropReasons.TextOf(flow.DropReason), flow.Verdict == FlowVerdict.Audit ? $"passed, only audited: {Cause(flow)}" : Cause(flow));
    }

    // Shorter than Hubble's own words, and the nearest rule without its policy's kind: a screen's line is short.
    private static string Cause(Flow flow) => !flow.IsPolicyDenied ? "" : flow.DecidingRule switch
    {
        null or { Id: FlowRule.None } => flow.Nearest is { } nearest ? $"no rule allows it; nearest: {nearest[(nearest.IndexOf('/', StringComparison.Ordinal) + 1)..]}" : "no rule allows it",
        var rule => $"denied by {rule}",
    };

    private static bool IsMulticast(IPAddress? address) =>
        address is not null && (address.IsIPv6Multicast || (address.AddressFamily == AddressFamily.InterNetwork && (address.GetAddressBytes()[0] & 0xF0) == 0xE0));

    private static string Name(FlowEndpoint side) => side.Pod is { } pod ? $"{pod}" : side.Labels.Contains("reserved:host") ? "host" : $"{side.Address}";

    private void Count(Drop drop)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            _drops[drop] = _drops.TryGetValue(drop, out var seen) ? seen with { Count = seen.Count + 1, Last = now } : new DropCount(drop, 1, now, now);
        }
    }
}
