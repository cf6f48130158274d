namespace Axoneme.Datapath.Native;

/// <summary>A map as an object declares it, before and after loading.</summary>
internal readonly struct BpfObjectMap(nint handle, string name)
{
    public string Name { get; } = name;

    public BpfMapType Type => Libbpf.MapType(handle);

    public uint KeySize => Libbpf.MapKeySize(handle);

    public uint ValueSize => Libbpf.MapValueSize(handle);

    public uint MaxEntries => Libbpf.MapMaxEntries(handle);

    public uint Flags => Libbpf.MapFlags(handle);

    /// <summary>Type of its keys in the object's type information; 0 for none.</summary>
    public uint KeyType => Libbpf.MapKeyType(handle);

    /// <summary>Type of its values in the object's type information; 0 for none.</summary>
    public uint ValueType => Libbpf.MapValueType(handle);

    /// <summary>Sets the size before loading.</summary>
    public void SetMaxEntries(uint maxEntries) => Check(Libbpf.SetMapMaxEntries(handle, maxEntries), $"set max_entries to {maxEntries}");

    /// <summary>Uses an existing map instead of creating one.</summary>
    public void Reuse(FileDescriptor existing)
    {
        using var lease = existing.Acquire();
        Check(Libbpf.ReuseMap(handle, lease.Number), "reuse the pinned map");
    }

    /// <summary>A copy of the loaded map's descriptor.</summary>
    public FileDescriptor Descriptor() => BpfObject.Duplicate(Libbpf.MapDescriptor(handle), $"map {Name}");

    private void Check(int result, string operation)
    {
        if (result < 0)
        {
            throw KernelException.For($"map {Name}", operation, -result);
        }
    }
}
