using System.Globalization;

namespace Axoneme.Policy;

/// <summary>An interval of traffic classes (<see cref="TrafficMatch.ClassOf"/>), both ends included.</summary>
public readonly record struct TrafficRange(uint Low, uint High)
{
    private const uint PerProtocol = 0x10000;

    /// <summary>Every protocol and port.</summary>
    public static TrafficRange Everything { get; } = new(0, TrafficMatch.LastClass);

    /// <summary>
    /// Ranges in words people use: <c>80/TCP</c>, <c>icmp/8</c>, <c>any/UDP</c>, <c>protocols 7-16</c>; what is left out instead when that is shorter.
    /// </summary>
    /// <param name="ranges">Disjoint and in order.</param>
    public static string Describe(IReadOnlyCollection<TrafficRange> ranges)
    {
        var inside = WordsOf(ranges).ToList();
        var outside = WordsOf(Complement(ranges)).ToList();
        return outside.Count == 0 ? "all traffic"
            : outside.Count < inside.Count ? $"all but {string.Join(", ", outside)}"
            : string.Join(", ", inside);
    }

    public override string ToString() => Describe([this]);

    private static IEnumerable<TrafficRange> Complement(IEnumerable<TrafficRange> ranges)
    {
        var next = 0u;
        foreach (var range in ranges)
        {
            if (range.Low > next)
            {
                yield return new TrafficRange(next, range.Low - 1);
            }

            next = range.High + 1;
        }

        if (next <= TrafficMatch.LastClass)
        {
            yield return new TrafficRange(next, TrafficMatch.LastClass);
        }
    }

    private static IEnumerable<string> WordsOf(IEnumerable<TrafficRange> ranges)
    {
        foreach (var range in ranges)
        {
            for (var low = range.Low; low <= range.High;)
            {
                var lastOfProtocol = low | (PerProtocol - 1);
                var wholes = (range.High + 1 - low) / PerProtocol;
                if (low % PerProtocol != 0 || wholes == 0)
                {
                    var high = Math.Min(range.High, lastOfProtocol);
                    yield return Part(low, high);
                    low = high + 1;
                }
                else
                {
                    yield return Protocols(low >> 16, (low >> 16) + wholes - 1);
                    low += wholes * PerProtocol;
                }
            }
        }
    }

    private static string Protocols(uint first, uint last) =>
        first == last
            ? Enum.IsDefined((IpProtocol)first) ? $"any/{NameOf(first)}" : string.Create(CultureInfo.InvariantCulture, $"protocol {first}")
            : string.Create(CultureInfo.InvariantCulture, $"protocols {first}-{last}");

    private static string Part(uint low, uint high)
    {
        var (protocol, first, last) = (low >> 16, low & 0xFFFF, high & 0xFFFF);
        var ports = first == last ? $"{first}" : $"{first}-{last}";
        return (IpProtocol)protocol switch
        {
            IpProtocol.Icmp or IpProtocol.Icmpv6 => $"{NameOf(protocol).ToLowerInvariant()}/{ports}",
            var known when Enum.IsDefined(known) => $"{ports}/{NameOf(protocol)}",
            _ => string.Create(CultureInfo.InvariantCulture, $"protocol {protocol} ports {ports}"),
        };
    }

    private static string NameOf(uint protocol) => ((IpProtocol)protocol).ToString().ToUpperInvariant();
}
