using System.Globalization;
using Axoneme.Kubernetes;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>How objects name the manifest they come from: <c>file:web.yaml#2</c> is the second document of web.yaml.</summary>
internal static class ManifestSource
{
    private const string Scheme = "file:";

    public static string Of(ManifestDocument document) => Of(document.File, document.Index);

    /// <summary>The source an object had that stood where a document first appeared.</summary>
    public static string FirstOf(ManifestDocument document) => Of(document.File, document.FirstIndex);

    /// <summary>The file, or null when the object did not come from one.</summary>
    public static string? FileOf(string source)
    {
        if (!source.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return null;
        }
        var end = source.LastIndexOf('#');
        return end < Scheme.Length ? source[Scheme.Length..] : source[Scheme.Length..end];
    }

    private static string Of(string file, int index) => string.Create(CultureInfo.InvariantCulture, $"{Scheme}{file}#{index}");
}
