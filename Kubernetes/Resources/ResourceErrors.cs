namespace Axoneme.Kubernetes;

/// <summary>What is wrong with a document of a kind that is read here; nothing for any other.</summary>
public static class ResourceErrors
{
    public static IReadOnlyList<ManifestError> Of(ManifestDocument document) => document.Kind switch
    {
        "Pod" => PodResource.Read(document).Errors,
        "Namespace" => NamespaceResource.Read(document).Errors,
        "Service" => ServiceResource.Read(document).Errors,
        "EndpointSlice" => EndpointSliceResource.Read(document).Errors,
        _ => [],
    };
}
