using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Axoneme.Sandbox.Runtime;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class CniJson : JsonSerializerContext;
