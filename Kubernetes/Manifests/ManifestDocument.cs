using System.Text.Json;

namespace Axoneme.Kubernetes;

/// <summary>One Kubernetes object of a manifest file. A member of a <c>List</c> is a document of its own with its list's number.</summary>
/// <param name="File">The file it stands in.</param>
/// <param name="Index">1-based number of the YAML document.</param>
/// <param name="Line">1-based line where the object begins.</param>
/// <param name="ApiVersion">For example <c>cilium.io/v2</c>.</param>
/// <param name="Kind">For example <c>CiliumNetworkPolicy</c>.</param>
/// <param name="Namespace">metadata.namespace as written, null when absent.</param>
/// <param name="Name">metadata.name.</param>
/// <param name="Body">The whole object.</param>
public sealed record ManifestDocument(
    string File, int Index, int Line, string ApiVersion, string Kind, string? Namespace, string Name, JsonElement Body)
{
    /// <summary>
    /// The number under which this object appeared in its file: when documents before it come and go, <see cref="Index"/> moves and this does
    /// not. 0 once another document stands at that number.
    /// </summary>
    public int FirstIndex { get; init; } = Index;

    /// <summary>The lines of the whole YAML document; null when the object was not read from a text.</summary>
    internal YamlLines? Lines { get; init; }

    /// <summary>What stands for the object among <see cref="Lines"/>.</summary>
    internal int Node { get; init; }

    /// <summary>The line of a field such as <c>spec.ingress[0].fromEndpoints[1]</c>, or of the nearest part of it that is written.</summary>
    public int LineOf(string fieldPath) => Lines?.LineOf(Lines.Find(Node, fieldPath)) ?? Line;

    /// <summary>An error about a field of this object, with its line.</summary>
    public ManifestError Error(string? field, string message) => new(File, Index, LineOf(field ?? ""), field, message);
}
