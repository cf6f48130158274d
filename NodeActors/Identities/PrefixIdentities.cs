using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Axoneme.NodeActors.Local;
using Axoneme.Policy;

namespace Axoneme.NodeActors.Identities;

/// <summary>
/// Numbers for the prefixes that policies name: node-local identities (bit 24). A prefix keeps its number while in use and over
/// restarts; a number comes back as late as possible.
/// </summary>
internal sealed class PrefixIdentities
{
    private const uint LocalBit = 1 << 24;
    private readonly LocalStore _store;
    private readonly Dictionary<uint, IPNetwork> _leaving = [];
    private uint _last;

    /// <param name="store">Where the numbers are kept.</param>
    /// <param name="known">What an earlier run kept.</param>
    public PrefixIdentities(LocalStore store, IEnumerable<KeyValuePair<IPNetwork, uint>> known)
    {
        _store = store;
        Numbers = known.ToImmutableDictionary();
        Prefixes = Numbers.ToImmutableDictionary(pair => pair.Value, pair => pair.Key);
        _last = Numbers.Values.DefaultIfEmpty(LocalBit).Max() & (LocalBit - 1);
    }

    /// <summary>The prefix of each number, those on their way out included; a value any thread may read.</summary>
    public ImmutableDictionary<uint, IPNetwork> Prefixes { get; private set; }

    /// <summary>The number of each prefix in use.</summary>
    public ImmutableDictionary<IPNetwork, uint> Numbers { get; private set; }

    /// <summary>Gives numbers to prefixes that need one and takes leave of those that do not any more.</summary>
    /// <returns>New numbers, and whether any prefix is leaving: it keeps its number until <see cref="Forget"/>.</returns>
    public IReadOnlyList<KeyValuePair<uint, IPNetwork>> Update(IEnumerable<IPNetwork> wanted)
    {
        var needed = wanted.ToHashSet();
        var added = new List<KeyValuePair<uint, IPNetwork>>();
        foreach (var (prefix, number) in Numbers.Where(pair => !needed.Contains(pair.Key)))
        {
            Numbers = Numbers.Remove(prefix);
            _leaving[number] = prefix;
        }

        foreach (var prefix in needed.Where(prefix => !Numbers.ContainsKey(prefix)).OrderBy(prefix => prefix.PrefixLength))
        {
            // A prefix that comes back before its number was forgotten goes on with it.
            var number = _leaving.FirstOrDefault(pair => pair.Value.Equals(prefix)).Key;
            if (number == 0)
            {
                number = NextNumber();
                added.Add(new(number, prefix));
                _store.Enqueue(new LocalChange(LocalStore.Kinds.PrefixIdentity, prefix.ToString(), new PrefixIdentity { Number = number }));
            }

            _leaving.Remove(number);
            Numbers = Numbers.Add(prefix, number);
            Prefixes = Prefixes.SetItem(number, prefix);
        }

        return added;
    }

    /// <summary>The kernel does not map the leaving prefixes any more: their numbers are free. Returns them.</summary>
    public IReadOnlyList<uint> Forget()
    {
        uint[] gone = [.. _leaving.Keys];
        foreach (var (number, prefix) in _leaving)
        {
            Prefixes = Prefixes.Remove(number);
            _store.Enqueue(new LocalChange(LocalStore.Kinds.PrefixIdentity, prefix.ToString(), null));
        }

        _leaving.Clear();
        return gone;
    }

    /// <summary>Whose identity a prefix's addresses have while the prefix itself has none: the next wider one's, else the world's.</summary>
    public uint EnclosingIdentity(IPNetwork prefix)
    {
        var best = Numbers.Where(pair => pair.Key.PrefixLength < prefix.PrefixLength
                && pair.Key.BaseAddress.AddressFamily == prefix.BaseAddress.AddressFamily && pair.Key.Contains(prefix.BaseAddress))
            .OrderByDescending(pair => pair.Key.PrefixLength).FirstOrDefault();
        return best.Value != 0
            ? best.Value
            : prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? ReservedIdentity.WorldIPv4 : ReservedIdentity.WorldIPv6;
    }

    private uint NextNumber()
    {
        do
        {
            _last = _last + 1 & (LocalBit - 1);
        }
        while (_last == 0 || Prefixes.ContainsKey(LocalBit | _last));

        return LocalBit | _last;
    }
}
