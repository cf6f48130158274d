namespace Axoneme.ControlPlane.Manifests;

/// <summary>A namespace's labels and where they were written.</summary>
internal sealed record ManifestNamespace(IReadOnlyDictionary<string, string> Labels, string Source)
{
    /// <summary>The label Kubernetes gives every namespace, also one that no manifest defines.</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    public static ManifestNamespace Undefined(string name) => new(new Dictionary<string, string> { [NameLabel] = name }, "");

    public bool SameAs(ManifestNamespace? other) =>
        other is not null && Source == other.Source && Labels.Count == other.Labels.Count
        && Labels.All(label => other.Labels.TryGetValue(label.Key, out var value) && value == label.Value);
}
