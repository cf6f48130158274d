using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Output;

/// <summary>The agent's JSON, laid out for reading.</summary>
internal static class IndentedJson
{
    private static readonly AgentJson Context = new(new JsonSerializerOptions(AgentJson.Default.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static JsonTypeInfo<T> Of<T>(JsonTypeInfo<T> type) => (JsonTypeInfo<T>)(Context.GetTypeInfo(type.Type) ?? type);

    /// <summary>Any JSON value.</summary>
    public static string Text(JsonElement element) => JsonSerializer.Serialize(element, (JsonTypeInfo<JsonElement>)Context.GetTypeInfo(typeof(JsonElement))!);
}
