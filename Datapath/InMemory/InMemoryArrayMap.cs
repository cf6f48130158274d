namespace Axoneme.Datapath.InMemory;

/// <summary>An array: every index below the capacity is there from the beginning and zero until written.</summary>
public sealed class InMemoryArrayMap<TValue>(string name, uint capacity) : InMemoryKernelMap<uint, TValue>(name, capacity)
    where TValue : unmanaged
{
    protected override bool Find(IReadOnlyDictionary<uint, TValue> entries, in uint key, out TValue value)
    {
        value = entries.GetValueOrDefault(key);
        return key < Capacity;
    }

    protected override bool Refuses(IReadOnlyDictionary<uint, TValue> entries, in uint key) => key >= Capacity;

    /// <summary>Zero is absence, for <see cref="IKernelMap{TKey,TValue}.Entries"/> too.</summary>
    protected override void Store(IDictionary<uint, TValue> entries, in uint key, in TValue value)
    {
        if (EqualityComparer<TValue>.Default.Equals(value, default))
        {
            entries.Remove(key);
        }
        else
        {
            entries[key] = value;
        }
    }
}
