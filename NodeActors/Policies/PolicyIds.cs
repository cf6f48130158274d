namespace Axoneme.NodeActors.Policies;

/// <summary>
/// Numbers for policies, ascending, so that one is not met again while a conntrack entry may still name it. Each run of
/// the agent draws from a block of its own; 0 is the policy with no entries, for pods that may do nothing.
/// </summary>
internal sealed class PolicyIds
{
    /// <summary>The kernel's key joins id and direction in 32 bits.</summary>
    private const uint Mask = 0x7FFF_FFFF;

    /// <summary>Ids in a block; 2048 runs pass before the first block comes again.</summary>
    public const uint BlockSize = 1 << 20;
    private readonly Func<uint, bool> _isTaken;
    private uint _next;

    /// <param name="block">The run's block.</param>
    /// <param name="isTaken">Whether the kernel's maps hold an id.</param>
    public PolicyIds(uint block, Func<uint, bool> isTaken)
    {
        _isTaken = isTaken;
        _next = block * BlockSize & Mask;
    }

    public uint Next()
    {
        uint id;
        do
        {
            id = _next;
            _next = _next + 1 & Mask;
        }
        while (id == 0 || _isTaken(id));

        return id;
    }
}
