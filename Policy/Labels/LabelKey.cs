namespace Axoneme.Policy;

/// <summary>Keys that carry a meaning of their own (Cilium's <c>pkg/k8s/apis/cilium.io/const.go</c>).</summary>
public static class LabelKey
{
    public const string PodNamespace = "io.kubernetes.pod.namespace";
    public const string NamespaceLabelPrefix = "io.cilium.k8s.namespace.labels.";
    public const string Cluster = "io.cilium.k8s.policy.cluster";
    public const string ServiceAccount = "io.cilium.k8s.policy.serviceaccount";

    /// <summary>True for what a pod has from where it runs and not from itself: such labels are shared by many.</summary>
    internal static bool IsOfSurroundings(string key) => key == PodNamespace || key.StartsWith("io.cilium.k8s.", StringComparison.Ordinal);
}
