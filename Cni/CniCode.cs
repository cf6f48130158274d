namespace Axoneme.Cni;

/// <summary>Well-known error codes. Source: CNI specification 1.1.0, section "Error"; 100 and above are a plugin's own.</summary>
internal static class CniCode
{
    public const uint IncompatibleVersion = 1;
    public const uint InvalidEnvironment = 4;
    public const uint DecodingFailure = 6;
    public const uint InvalidConfig = 7;
    public const uint TryAgainLater = 11;
    public const uint PluginNotAvailable = 50;
    public const uint AgentAnswerNotUnderstood = 100;
    public const uint Unexpected = 999;
}
