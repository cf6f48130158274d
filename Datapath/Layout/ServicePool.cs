using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>
/// A list of backends that never changes (<c>struct service_pool</c>): another one is written beside it and frontends are pointed there.
/// </summary>
/// <param name="Id">What its entries in <c>service_pools</c> and <c>maglev</c> are under.</param>
/// <param name="Count">Backends, at most <see cref="MaxCount"/>; 0: none, the client is told so.</param>
/// <param name="TableSize">Of its table in <c>maglev</c>, a prime; 0: none, a backend is chosen at random.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ServicePool(uint Id, uint Count, uint TableSize)
{
    public const int MaxCount = ushort.MaxValue;
}

/// <summary>Key of map <c>service_pools</c> (<c>struct pool_slot</c>); the value is a backend's key.</summary>
/// <param name="Pool">The pool's id.</param>
/// <param name="Index">Below the pool's count.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PoolSlot(uint Pool, uint Index);
