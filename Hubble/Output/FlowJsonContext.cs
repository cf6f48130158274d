using System.Text.Json.Serialization;

namespace Axoneme.Hubble;

/// <summary>Generated serializers: no reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FlowJsonModel.Response))]
internal sealed partial class FlowJsonContext : JsonSerializerContext;
