using System.Collections.Immutable;

namespace Axoneme.Kubernetes;

/// <summary>A Namespace: what policies see of it are its labels.</summary>
public sealed record NamespaceResource(string Name, ImmutableSortedDictionary<string, string> Labels)
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>Reads a document of kind Namespace. The label every namespace carries in a cluster, its name, is added.</summary>
    public static ResourceReadResult<NamespaceResource> Read(ManifestDocument document)
    {
        var reader = new ResourceReader(document);
        reader.CheckHeader("v1", "Namespace", ResourceName.IsDnsLabel);
        return reader.Finish(new NamespaceResource(document.Name, reader.Labels().SetItem(NameLabel, document.Name)));
    }
}
