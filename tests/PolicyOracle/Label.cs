namespace Axoneme.PolicyOracle;

/// <summary>An identity label taken apart.</summary>
/// <param name="Source">Who gave it: <c>k8s</c>, <c>reserved</c>, <c>node</c>, <c>cidr</c>.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value, maybe empty.</param>
public sealed record Label(string Source, string Key, string Value)
{
    /// <summary>The key of the label that names a pod's namespace.</summary>
    public const string Namespace = "io.kubernetes.pod.namespace";

    /// <summary>What the keys of the labels of a pod's namespace begin with.</summary>
    public const string NamespaceLabels = "io.cilium.k8s.namespace.labels.";

    /// <summary>The key of the label that names the cluster.</summary>
    public const string Cluster = "io.cilium.k8s.policy.cluster";

    /// <summary>The key of the label that names a pod's service account.</summary>
    public const string ServiceAccount = "io.cilium.k8s.policy.serviceaccount";

    /// <summary>Takes <c>source:key=value</c> apart.</summary>
    public static Label Parse(string text)
    {
        var colon = text.IndexOf(':');
        var equals = text.IndexOf('=', colon + 1);
        return equals < 0
            ? new(text[..colon], text[(colon + 1)..], "")
            : new(text[..colon], text[(colon + 1)..equals], text[(equals + 1)..]);
    }
}
