namespace Axoneme.Policy;

/// <summary>Ids of rules that nobody wrote; the kernel knows the same numbers.</summary>
public static class ImplicitRule
{
    /// <summary>Nothing matched: default deny.</summary>
    public const uint None = 0;

    /// <summary>No policy makes this direction default-deny.</summary>
    public const uint NotEnforced = 1;

    /// <summary>The pod's own node may always reach it.</summary>
    public const uint FromHost = 2;

    /// <summary>What the node needs to stay part of the cluster: see <see cref="Policy.ControlTraffic"/>.</summary>
    public const uint ControlTraffic = 3;

    /// <summary>Ids from here on name written rules.</summary>
    public const uint FirstWritten = 16;
}
