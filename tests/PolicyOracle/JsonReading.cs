using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>Reading Kubernetes objects: a member that is absent and one that is null are the same.</summary>
internal static class JsonReading
{
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    /// <summary>The elements of a list; none when it is absent.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { } list ? list.EnumerateArray() : [];

    /// <summary>The members of an object; none when it is absent.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement element, string name) =>
        element.Member(name) is { } member ? member.EnumerateObject() : [];

    /// <summary>A scalar as text (numbers as written); null when it is absent.</summary>
    public static string? Text(this JsonElement element, string name) => element.Member(name)?.ToString();

    public static string Name(this JsonElement document) => document.GetProperty("metadata").Text("name")!;

    /// <summary>The namespace of a namespaced object; <c>default</c> when it names none.</summary>
    public static string Namespace(this JsonElement document) => document.GetProperty("metadata").Text("namespace") ?? "default";
}
