using Axoneme.DatapathFuzz.Tests.Model;
using Axoneme.DatapathFuzz.Tests.Node;

namespace Axoneme.DatapathFuzz.Tests;

/// <summary>What was tried and what became of it: a fuzzer whose packets all meet the same fate shows nothing.</summary>
internal sealed class FuzzTally
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int Packets { get; private set; }

    public int Of(string what) => _counts.GetValueOrDefault(what);

    public void Count(Injection packet, Sight sight, Outcome outcome)
    {
        Packets++;
        Add($"{packet.Program} {(outcome.IsForwarded ? "forwarded" : "dropped")}");
        Add(sight.Connection is not null, "of a connection");
        Add(sight.MustPassBecause is not null, "must be forwarded");
        Add(sight.About is not null && outcome.IsForwarded, "error about a connection, forwarded");
        Add(sight.Packet.IsLaterFragment && outcome.IsForwarded, "later fragment, forwarded");
        Add(sight.Translated is not null && outcome.Verdict == Outcome.Redirect, "translated back");
    }

    public void CountService(string what, Outcome outcome)
    {
        Packets++;
        Add($"{what}, {(outcome.IsForwarded && !outcome.Drops.Any() ? "forwarded" : "dropped")}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Packets} packets; {string.Join(", ", _counts.Select(pair => $"{pair.Key} {pair.Value}"))}";

    private void Add(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    private void Add(bool counts, string what)
    {
        if (counts)
        {
            Add(what);
        }
    }
}
