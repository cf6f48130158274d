using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axoneme.Wire.Admin;

/// <summary>Source-generated JSON for the policy part of the admin API: camelCase, null members left out, unknown members refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PolicyExplainRequest))]
[JsonSerializable(typeof(PolicyDiffRequest))]
[JsonSerializable(typeof(PolicyExplanationView))]
[JsonSerializable(typeof(PolicyDiffView))]
public sealed partial class AdminPolicyJson : JsonSerializerContext;
