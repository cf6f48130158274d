namespace Axoneme.Policy;

/// <summary>Where labels come from: the part before the colon.</summary>
public static class LabelSource
{
    public const string Kubernetes = "k8s";
    public const string Reserved = "reserved";
    public const string Cidr = "cidr";

    /// <summary>On addresses learned under a DNS name: the name or pattern of the policies that match it.</summary>
    public const string Fqdn = "fqdn";

    /// <summary>On other nodes: the labels of the Node object. The own node has them with source <c>k8s</c>; see <see cref="NodeLabels"/>.</summary>
    public const string Node = "node";
    public const string Unspecified = "unspec";

    /// <summary>In selectors only: a label of whatever source.</summary>
    public const string Any = "any";
}
