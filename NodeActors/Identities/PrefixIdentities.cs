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
    private readonly Dictionary<IPNetwork, uint> _numbers;
    private readonly Dictionary<IPNetwork, uint> _leaving = [];
    private uint _last;

    /// <param name="store">Where the numbers are kept.</param>
    /// <param name="known">What an earlier run kept.</param>
    public PrefixIdentities(LocalStore store, IEnumerable<KeyValuePair<IPNetwork, uint>> known)
    {
        _store = store;
        _numbers = new Dictionary<IPNetwork, uint>(known);
        Prefixes = _numbers.ToImmutableDictionary(pair => pair.Value, pair => pair.Key);
        _last = _numbers.Values.DefaultIfEmpty(LocalBit).Max() & (LocalBit - 1);
    }

    /// <summary>The prefix of each number, those on their way out included; a value any thread may read.</summary>
    public ImmutableDictionary<uint, IPNetwork> Prefixes { get; private set; }

    /// <summary>The number of each prefix in use.</summary>
    public IReadOnlyDictionary<IPNetwork, uint> Numbers => _numbers;

    /// <summary>Gives numbers to prefixes that need one and takes leave of those that do not any more: they keep theirs until <see cref="Forget"/>.</summary>
    /// <returns>New numbers, wider prefixes first.</returns>
    public IReadOnlyList<KeyValuePair<uint, IPNetwork>> Update(IEnumerable<IPNetwork> wanted)
    {
        var needed = wanted.ToHashSet();
        foreach (var (prefix, number) in _numbers.Where(pair => !needed.Contains(pair.Key)).ToArray())
        {
            _numbers.Remove(prefix);
            _leaving[prefix] = number;
        }

        var added = new List<KeyValuePair<uint, IPNetwork>>();
        foreach (var prefix in needed.Where(prefix => !_numbers.ContainsKey(prefix)).OrderBy(prefix => prefix.PrefixLength))
        {
            // A prefix that comes back before its number was forgotten goes on with it.
            if (!_leaving.Remove(prefix, out var number))
            {
                number = NextNumber();
                added.Add(new(number, prefix));
                Prefixes = Prefixes.Add(number, prefix);
            }

            _numbers[prefix] = number;
        }

        Keep(added.Select(pair => Change(pair.Value, new PrefixIdentity { Number = pair.Key })));
        return added;
    }

    /// <summary>The kernel does not map the leaving prefixes any more: their numbers are free. Returns them.</summary>
    public IReadOnlyList<uint> Forget()
    {
        uint[] gone = [.. _leaving.Values];
        Prefixes = Prefixes.RemoveRange(gone);
        Keep(_leaving.Keys.Select(prefix => Change(prefix, null)));
        _leaving.Clear();
        return gone;
    }

    /// <summary>
    /// Whose identity a prefix's addresses have while the prefix itself has none: the next wider one's, else the world's. A leaving
    /// prefix counts, because the kernel maps it until the policies that no longer name it are in force.
    /// </summary>
    public uint EnclosingIdentity(IPNetwork prefix)
    {
        var address = prefix.BaseAddress.GetAddressBytes();
        for (var length = prefix.PrefixLength - 1; length > 0; length--)
        {
            address[length / 8] &= (byte)~(0x80 >> length % 8);
            var wider = new IPNetwork(new IPAddress(address), length);
            if (_numbers.TryGetValue(wider, out var number) || _leaving.TryGetValue(wider, out number))
            {
                return number;
            }
        }

        return prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? ReservedIdentity.WorldIPv4 : ReservedIdentity.WorldIPv6;
    }

    private static LocalChange Change(IPNetwork prefix, PrefixIdentity? value) => new(LocalStore.Kinds.PrefixIdentity, prefix.ToString(), value);

    private void Keep(IEnumerable<LocalChange> changes)
    {
        if (changes.ToArray() is { Length: > 0 } some)
        {
            _store.Enqueue(some);
        }
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
