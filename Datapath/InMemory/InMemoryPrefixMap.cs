using System.Runtime.InteropServices;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.InMemory;

/// <summary>The trie: a lookup finds the longest prefix that covers the key, as in the kernel.</summary>
public sealed class InMemoryPrefixMap(string name, uint capacity) : InMemoryKernelMap<PrefixKey, IpcacheEntry>(name, capacity)
{
    protected override bool Find(IReadOnlyDictionary<PrefixKey, IpcacheEntry> entries, in PrefixKey key, out IpcacheEntry value)
    {
        for (var length = (int)Math.Min(key.Length, 128); length >= 0; length--)
        {
            if (entries.TryGetValue(new PrefixKey((uint)length, Masked(key.Address, length)), out value))
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    protected override void Store(IDictionary<PrefixKey, IpcacheEntry> entries, in PrefixKey key, in IpcacheEntry value) =>
        entries[key with { Address = Masked(key.Address, (int)key.Length) }] = value;

    private static IpAddressKey Masked(IpAddressKey address, int length)
    {
        var bytes = MemoryMarshal.AsBytes(new Span<IpAddressKey>(ref address));
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(length - i * 8, 0, 8);
            bytes[i] &= (byte)(0xFF00 >> bits);
        }

        return address;
    }
}
