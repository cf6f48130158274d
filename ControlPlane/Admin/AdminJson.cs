using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axoneme.ControlPlane.Admin;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AdminError))]
[JsonSerializable(typeof(ActorKindsView))]
[JsonSerializable(typeof(ActorListView))]
[JsonSerializable(typeof(ActorView))]
[JsonSerializable(typeof(StateView))]
[JsonSerializable(typeof(ManifestsView))]
[JsonSerializable(typeof(NodesView))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(ServicesView))]
[JsonSerializable(typeof(ServiceView))]
internal sealed partial class AdminJson : JsonSerializerContext;
