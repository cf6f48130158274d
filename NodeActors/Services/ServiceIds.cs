namespace Axoneme.NodeActors.Services;

/// <summary>
/// Numbers for frontends, groups, backends and pools, ascending, so that one is not met again while a connection or a client's affinity may still name it. They
/// are drawn from blocks that the journal gives out once, so that a later run does not repeat what an earlier one used and removed.
/// </summary>
/// <param name="block">The first block that is this run's.</param>
/// <param name="reserve">Told of each further block when its first number is drawn.</param>
internal sealed class ServiceIds(uint block, Action<uint> reserve)
{
    /// <summary>Numbers in a block; there are 4096 before the first comes again.</summary>
    public const uint BlockSize = 1 << 20;
    private uint _next = unchecked(block * BlockSize);

    /// <summary>The next number, neither 0 nor taken.</summary>
    public uint Next(Func<uint, bool> isTaken)
    {
        uint id;
        do
        {
            id = _next;
            _next = unchecked(id + 1);
            if (_next % BlockSize == 0)
            {
                reserve(_next / BlockSize);
            }
        }
        while (id == 0 || isTaken(id));

        return id;
    }
}
