namespace Axoneme.Policy;

/// <summary>Where labels come from: the part before the colon.</summary>
public static class LabelSource
{
    public const string Kubernetes = "k8s";
    public const string Reserved = "reserved";
    public const string Cidr = "cidr";
    public const string Unspecified = "unspec";

    /// <summary>In selectors only: a label of whatever source.</summary>
    public const string Any = "any";
}
