namespace Axoneme.NodeActors.Cni;

/// <summary>Error codes. Source: CNI specification 1.1.0, section "Error"; those from 100 on are this plugin's own.</summary>
internal static class CniCodes
{
    public const uint IncompatibleVersion = 1;
    public const uint InvalidEnvironment = 4;
    public const uint InputOutput = 5;
    public const uint Decoding = 6;
    public const uint InvalidConfig = 7;
    public const uint TryAgainLater = 11;

    /// <summary>STATUS: the plugin cannot serve ADD now.</summary>
    public const uint NotReady = 50;

    /// <summary>The kernel refused to make or configure an interface.</summary>
    public const uint Kernel = 100;

    /// <summary>No address, endpoint id or map space is left.</summary>
    public const uint Exhausted = 101;

    /// <summary>CHECK: what is there is not what ADD made.</summary>
    public const uint Different = 102;

    /// <summary>CHECK: there is no such attachment.</summary>
    public const uint UnknownAttachment = 103;

    /// <summary>A defect of the agent.</summary>
    public const uint Internal = 999;
}
