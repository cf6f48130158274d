namespace Axoneme.Policy;

/// <summary>What is wanted by how many.</summary>
internal sealed class ReferenceCounts<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _counts = [];

    public IReadOnlyCollection<T> Wanted => _counts.Keys;

    public void Add(IEnumerable<T> items)
    {
        foreach (var item in items)
        {
            _counts[item] = _counts.GetValueOrDefault(item) + 1;
        }
    }

    public void Remove(IEnumerable<T> items)
    {
        foreach (var item in items)
        {
            if (--_counts[item] == 0)
            {
                _counts.Remove(item);
            }
        }
    }
}
