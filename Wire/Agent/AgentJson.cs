using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axoneme.Wire.Agent;

/// <summary>Source-generated JSON for the agent's socket: camelCase, null members left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CniCall))]
[JsonSerializable(typeof(CniError))]
[JsonSerializable(typeof(IReadOnlyList<EndpointView>))]
[JsonSerializable(typeof(IReadOnlyList<IdentityView>))]
[JsonSerializable(typeof(IReadOnlyList<PolicyView>))]
[JsonSerializable(typeof(AgentStatus))]
[JsonSerializable(typeof(IReadOnlyList<MapView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfEndpointView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfIpcacheView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfPolicyView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfConntrackView>))]
[JsonSerializable(typeof(IReadOnlyList<ClusterNodeView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfTunnelView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfNatView>))]
[JsonSerializable(typeof(IReadOnlyList<ServiceView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfServiceView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfFrontendView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfBackendView>))]
[JsonSerializable(typeof(IReadOnlyList<BpfMaglevView>))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(EndpointConfigView))]
[JsonSerializable(typeof(EndpointConfigChange))]
[JsonSerializable(typeof(AgentError))]
public sealed partial class AgentJson : JsonSerializerContext;
