namespace Axoneme.Policy;

/// <summary>
/// Which of a pod's labels make its identity: Cilium's default filter ("Limiting Identity-Relevant Labels") plus
/// what the pod cannot choose itself: its namespace, that namespace's labels, its service account, its cluster.
/// </summary>
public static class PodLabels
{
    private const string Beta = "beta.kubernetes.io";

    private static readonly string[] Ignored =
    [
        "io.kubernetes",
        "kubernetes.io",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/controller-uid",
        "k8s.io",
        "pod-template-generation",
        "pod-template-hash",
        "controller-revision-hash",
        "annotation",
        "controller-uid",
        "etcd_node",
    ];

    /// <summary>The labels of a pod's identity.</summary>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="podLabels">metadata.labels of the pod.</param>
    /// <param name="namespaceLabels">metadata.labels of its namespace.</param>
    /// <param name="serviceAccount">spec.serviceAccountName; empty or null means <c>default</c>.</param>
    /// <param name="clusterName">The cluster the pod runs in.</param>
    public static LabelSet IdentityLabels(
        string ns,
        IEnumerable<KeyValuePair<string, string>> podLabels,
        IEnumerable<KeyValuePair<string, string>> namespaceLabels,
        string? serviceAccount,
        string clusterName)
    {
        var labels = new List<Label>();

        // A pod that labelled itself with these keys would forge its namespace, account or cluster.
        labels.AddRange(podLabels
            .Where(label => !IsForged(label.Key) && !IsIgnored(label.Key))
            .Select(label => Kubernetes(label.Key, label.Value)));
        labels.AddRange(namespaceLabels
            .Where(label => !label.Key.Contains(Beta, StringComparison.Ordinal))
            .Select(label => Kubernetes(LabelKey.NamespaceLabelPrefix + label.Key, label.Value)));
        labels.Add(Kubernetes(LabelKey.PodNamespace, ns));
        labels.Add(Kubernetes(LabelKey.Cluster, clusterName));
        labels.Add(Kubernetes(LabelKey.ServiceAccount, string.IsNullOrEmpty(serviceAccount) ? "default" : serviceAccount));
        return new LabelSet(labels);
    }

    private static bool IsForged(string key) => key.StartsWith("io.cilium.k8s.", StringComparison.Ordinal);

    private static bool IsIgnored(string key) =>
        key.Contains(Beta, StringComparison.Ordinal)
        || Ignored.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));

    private static Label Kubernetes(string key, string value) => new(LabelSource.Kubernetes, key, value);
}
