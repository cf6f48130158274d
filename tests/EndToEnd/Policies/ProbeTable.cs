namespace Axoneme.EndToEnd.Policies;

/// <summary>
/// What a case expects, as a table to read: <c>from[, from…] -> to[, to…]  pass: probes  drop: probes</c>, a line for each or both. Probes are
/// <c>tcp/80 udp/53 ping icmp/13 sctp/80</c>, for IPv4 and IPv6; <c>tcp4/80</c> and <c>ping6</c> are for one of them.
/// </summary>
internal static class ProbeTable
{
    private const StringSplitOptions Tidy = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    public static IReadOnlyList<(Probe Probe, bool Passes)> Parse(string table, IReadOnlyDictionary<string, Party> parties)
    {
        var probes = new List<(Probe, bool)>();
        foreach (var line in table.Split('\n', Tidy))
        {
            // In front of the first verdict stands who talks to whom.
            var words = line.Split(' ', Tidy);
            var verdict = Array.FindIndex(words, IsVerdict);
            var ends = verdict < 0 ? [] : string.Join(' ', words[..verdict]).Split("->", Tidy);
            if (ends.Length != 2)
            {
                throw new FormatException($"\"{line}\" is no line of a table");
            }

            var passes = false;
            foreach (var word in words[verdict..])
            {
                if (IsVerdict(word))
                {
                    passes = word == "pass:";
                    continue;
                }

                probes.AddRange(from source in ends[0].Split(',', Tidy)
                                from target in ends[1].Split(',', Tidy)
                                from probe in Parse(word, parties[source], parties[target])
                                select (probe, passes));
            }
        }

        return probes;
    }

    private static bool IsVerdict(string word) => word is "pass:" or "drop:";

    private static IEnumerable<Probe> Parse(string word, Party from, Party to)
    {
        var parts = word.Split('/');
        var number = parts.Length > 1 ? int.Parse(parts[1]) : 0;
        int[] families = parts[0][^1] switch { '4' => [4], '6' => [6], _ => [4, 6] };
        return families.Select(family => new Probe(from, to, family, parts[0].TrimEnd('4', '6'), number));
    }
}
