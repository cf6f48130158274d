using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>The rules of one <c>toPorts[].rules</c>.</summary>
internal sealed record RequestRules(InspectionProtocol Protocol, string ProtocolName, ImmutableArray<RequestRule> Rules);
