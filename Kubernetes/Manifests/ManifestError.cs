namespace Axoneme.Kubernetes;

/// <summary>What is wrong with a manifest, and where.</summary>
/// <param name="File">Path relative to the manifest directory, or whatever name the reader was given.</param>
/// <param name="Document">1-based number of the YAML document in the file; 0 when the file as a whole is meant.</param>
/// <param name="Line">1-based, null when unknown.</param>
/// <param name="Field">For example <c>spec.ingress[0].toPorts</c>; null when no field is meant.</param>
/// <param name="Message">What is wrong and how to put it right.</param>
public sealed record ManifestError(string File, int Document, int? Line, string? Field, string Message)
{
    /// <summary>One line: <c>file:line: document N: field: message</c>, without the parts that are unknown.</summary>
    public override string ToString()
    {
        var place = Line is { } line ? $"{File}:{line}: " : $"{File}: ";
        var document = Document > 0 ? $"document {Document}: " : "";
        var field = string.IsNullOrEmpty(Field) ? "" : $"{Field}: ";
        return $"{place}{document}{field}{Message.ReplaceLineEndings(" ")}";
    }
}
