using System.Collections.Immutable;
using Axoneme.NodeActors.Local;

namespace Axoneme.NodeActors.Identities;

/// <summary>
/// Numbers for what has an identity on this node only, of one scope: they never leave the node. Something keeps its number while in use and over
/// restarts; a number comes back as late as possible.
/// </summary>
/// <typeparam name="TKey">What has an identity.</typeparam>
internal class LocalIdentities<TKey>
    where TKey : notnull
{
    /// <summary>Numbers of a scope.</summary>
    private const uint ScopeMask = (1 << 24) - 1;
    private readonly LocalStore _store;
    private readonly string _kind;
    private readonly uint _scope;
    private readonly Dictionary<TKey, uint> _numbers;
    private readonly Dictionary<TKey, uint> _leaving = [];
    private readonly HashSet<uint> _taken;
    private uint _last;

    /// <param name="store">Where the numbers are kept.</param>
    /// <param name="kind">Of the records there; their keys are the keys' texts.</param>
    /// <param name="scope">The bits above the lower 24.</param>
    /// <param name="known">What an earlier run kept.</param>
    public LocalIdentities(LocalStore store, string kind, uint scope, IEnumerable<KeyValuePair<TKey, uint>> known)
    {
        (_store, _kind, _scope) = (store, kind, scope);
        _numbers = new Dictionary<TKey, uint>(known);
        _taken = [.. _numbers.Values];
        _last = _numbers.Values.DefaultIfEmpty(scope).Max() & ScopeMask;
    }

    /// <summary>The number of each key in use.</summary>
    public IReadOnlyDictionary<TKey, uint> Numbers => _numbers;

    /// <summary>Keys that are not wanted any more and whose numbers are not forgotten yet.</summary>
    protected IReadOnlyDictionary<TKey, uint> Leaving => _leaving;

    /// <summary>Gives numbers to keys that need one and takes leave of those that do not any more: they keep theirs until <see cref="Forget"/>.</summary>
    /// <returns>New numbers, in the order of the keys.</returns>
    public virtual IReadOnlyList<KeyValuePair<uint, TKey>> Update(IEnumerable<TKey> wanted)
    {
        var needed = wanted.Distinct().ToList();
        var stays = needed.ToHashSet();
        foreach (var (key, number) in _numbers.Where(pair => !stays.Contains(pair.Key)).ToArray())
        {
            _numbers.Remove(key);
            _leaving[key] = number;
        }

        var added = new List<KeyValuePair<uint, TKey>>();
        foreach (var key in needed.Where(key => !_numbers.ContainsKey(key)))
        {
            // What comes back before its number was forgotten goes on with it.
            if (!_leaving.Remove(key, out var number))
            {
                number = NextNumber();
                added.Add(new(number, key));
                _taken.Add(number);
            }

            _numbers[key] = number;
        }

        Keep(added.Select(pair => Change(pair.Value, new LocalIdentity { Number = pair.Key })));
        return added;
    }

    /// <summary>The kernel does not map the leaving keys any more: their numbers are free. Returns them.</summary>
    public IReadOnlyList<uint> Forget()
    {
        uint[] gone = [.. _leaving.Values];
        _taken.ExceptWith(gone);
        Keep(_leaving.Keys.Select(key => Change(key, null)));
        _leaving.Clear();
        return gone;
    }

    private LocalChange Change(TKey key, LocalIdentity? value) => new(_kind, key.ToString()!, value);

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
            _last = _last + 1 & ScopeMask;
        }
        while (_last == 0 || _taken.Contains(_scope | _last));

        return _scope | _last;
    }
}
