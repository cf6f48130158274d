namespace Axoneme.Kubernetes;

/// <summary>How much a text may ask of its reader.</summary>
internal static class YamlLimits
{
    /// <summary>Characters of one file. The largest CRDs have half a million.</summary>
    public const int Characters = 4 << 20;

    /// <summary>Errors told of one file. Reading ends there: each costs more than the text it is about.</summary>
    public const int Errors = 100;

    /// <summary>Nested lists and mappings.</summary>
    public const int Depth = 64;

    /// <summary>Bytes of JSON that aliases of one file may repeat: what makes a small file unfold into a large one.</summary>
    public const int AliasBytes = 256 << 10;
}
