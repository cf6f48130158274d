namespace Axoneme.Policy;

/// <summary>What every Kubernetes object begins with.</summary>
/// <param name="ApiVersion">apiVersion.</param>
/// <param name="Kind">kind.</param>
/// <param name="Namespace">metadata.namespace, <c>default</c> when it is absent; empty for cluster-wide kinds.</param>
/// <param name="Name">metadata.name.</param>
/// <param name="Labels">metadata.labels, of source <c>k8s</c>.</param>
internal readonly record struct ObjectHeader(string ApiVersion, string Kind, string Namespace, string Name, LabelSet Labels)
{
    /// <summary>Key and value of each label in turn.</summary>
    public IEnumerable<string> LabelTexts => Labels.SelectMany(label => (string[])[label.Key, label.Value]);

    /// <summary>Reads apiVersion, kind and metadata.</summary>
    public static ObjectHeader Read(FieldReader root, bool namespaced)
    {
        var apiVersion = root.String("apiVersion") ?? "";
        var kind = root.String("kind") ?? "";
        if (root.Object("metadata") is not { } metadata)
        {
            if (!root.Has("metadata"))
            {
                root.Refuse("metadata", "is missing; write metadata.name");
            }

            return new ObjectHeader(apiVersion, kind, "", "", LabelSet.Empty);
        }

        var name = metadata.String("name") ?? "";
        if (!NameSyntax.IsDnsSubdomain(name))
        {
            metadata.Refuse("name", name.Length == 0
                ? "is missing; write the object's name"
                : $"{FieldReader.Quote(name)} is not a name; write lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit");
        }

        var ns = metadata.String("namespace") ?? "";
        if (!namespaced && ns.Length > 0)
        {
            metadata.Refuse("namespace", $"{kind} belongs to no namespace; remove it");
        }
        else if (namespaced && ns.Length > 0 && !NameSyntax.IsDnsLabel(ns))
        {
            metadata.Refuse("namespace", $"{FieldReader.Quote(ns)} is not a namespace name; write lower-case letters, digits and '-', at most 63");
        }

        var labels = new LabelSet((metadata.Object("labels")?.Texts() ?? []).Select(label => new Label(LabelSource.Kubernetes, label.Name, label.Value)));
        return new ObjectHeader(apiVersion, kind, !namespaced ? "" : ns.Length == 0 ? "default" : ns, name, labels);
    }
}
