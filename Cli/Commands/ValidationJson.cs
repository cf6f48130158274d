using System.Text.Json.Serialization;

namespace Axoneme.Cli.Commands;

/// <summary>Source-generated JSON of <c>axoneme policy validate</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<ValidatedDocument>))]
internal sealed partial class ValidationJson : JsonSerializerContext;
