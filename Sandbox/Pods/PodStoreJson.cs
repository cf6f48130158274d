using System.Text.Json.Serialization;

namespace Axoneme.Sandbox.Pods;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PodRecord[]))]
internal sealed partial class PodStoreJson : JsonSerializerContext;
