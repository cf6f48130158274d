using System.Net.Sockets;
using System.Text.Json;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>The questions a world and its documents raise.</summary>
public static class Questions
{
    /// <summary>
    /// Every subject, direction and peer, with every kind of traffic that could make a difference: each port a document names or borders on,
    /// each number a name stands for, ICMP types named and not named, protocols without ports.
    /// </summary>
    public static IEnumerable<Question> All(World world, IReadOnlyList<JsonElement> documents)
    {
        var classes = Classes(world, documents);
        return from subject in world.Subjects
               from direction in new[] { Direction.Ingress, Direction.Egress }
               from peer in world.Parties
               where peer != subject
               from traffic in classes
               where Possible(peer, traffic)
               select new Question(subject.Name, direction, peer.Name, traffic);
    }

    /// <summary>The kinds of traffic to ask about, in a fixed order.</summary>
    public static IReadOnlyList<Traffic> Classes(World world, IReadOnlyList<JsonElement> documents)
    {
        var written = documents.SelectMany(d => Objects(d)).ToList();
        var borders = written
            .SelectMany(o => new[] { o.Text("port"), o.Text("endPort") })
            .Select(t => int.TryParse(t, out var number) ? number : 0)
            .Concat(world.Endpoints.SelectMany(e => e.Ports).Select(p => p.Number))
            .Append(80)
            .Where(p => p is > 0 and < 65536)
            .Distinct()
            .Order()
            .ToList();
        var around = borders.SelectMany(p => new[] { p - 1, p, p + 1 }).Where(p => p is > 0 and < 65536).Distinct().Order();
        return
        [
            .. around.Select(Traffic.Tcp),
            .. borders.Select(Traffic.Udp),
            .. borders.Take(2).Select(Traffic.Sctp),
            .. new[] { Traffic.Icmpv4(8), Traffic.Icmpv4(0), Traffic.Icmpv4(13), Traffic.Icmpv6(128), Traffic.Icmpv6(135) }
                .Concat(written.SelectMany(o => o.Items("fields")).Select(IcmpTypes.Of))
                .Distinct(),
            Traffic.Vrrp,
            Traffic.Igmp,
        ];
    }

    // An address outside speaks the ICMP of its own family.
    private static bool Possible(Party peer, Traffic traffic) => peer is not OutsideAddress outside || traffic.Protocol switch
    {
        L4Protocol.Icmpv4 => outside.Address.AddressFamily == AddressFamily.InterNetwork,
        L4Protocol.Icmpv6 => outside.Address.AddressFamily == AddressFamily.InterNetworkV6,
        _ => true,
    };

    private static IEnumerable<JsonElement> Objects(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(m => Objects(m.Value)).Prepend(element),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Objects),
        _ => [],
    };
}
