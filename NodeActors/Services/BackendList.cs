using System.Collections;

namespace Axoneme.NodeActors.Services;

/// <summary>Backends to choose from, sorted and without duplicates: a value that never changes.</summary>
internal sealed class BackendList : IReadOnlyList<BackendAddress>, IEquatable<BackendList>
{
    private readonly BackendAddress[] _backends;
    private readonly int _hash;

    private BackendList(BackendAddress[] backends, int hash) => (_backends, _hash) = (backends, hash);

    public static BackendList Empty { get; } = From([]);

    public int Count => _backends.Length;

    public BackendAddress this[int index] => _backends[index];

    public ReadOnlySpan<BackendAddress> Span => _backends;

    public static BackendList From(IEnumerable<BackendAddress> backends)
    {
        BackendAddress[] sorted = [.. backends];
        Array.Sort(sorted);
        var count = 0;
        foreach (var backend in sorted)
        {
            if (count == 0 || sorted[count - 1] != backend)
            {
                sorted[count++] = backend;
            }
        }

        return InOrder(count == sorted.Length ? sorted : sorted[..count]);
    }

    /// <summary>As they are, for a list that the kernel holds in an order of its own.</summary>
    public static BackendList InOrder(BackendAddress[] backends)
    {
        var hash = new HashCode();
        foreach (var backend in backends)
        {
            hash.Add(backend);
        }

        return new BackendList(backends, hash.ToHashCode());
    }

    public bool Equals(BackendList? other) =>
        ReferenceEquals(this, other) || other is not null && _hash == other._hash && _backends.AsSpan().SequenceEqual(other._backends);

    public override bool Equals(object? obj) => Equals(obj as BackendList);

    public override int GetHashCode() => _hash;

    public IEnumerator<BackendAddress> GetEnumerator() => ((IEnumerable<BackendAddress>)_backends).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
