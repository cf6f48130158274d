using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>A member of <c>rules.l7</c>: the pairs must all be in the request.</summary>
public sealed record KeyValueRule(string Protocol, ImmutableArray<KeyValuePair<string, string>> Pairs) : RequestRule
{
    public override bool PermitsEverything => Pairs.IsEmpty;

    public override bool Permits(Request request) => request is KeyValueRequest other && other.Protocol == Protocol
        && Pairs.All(pair => other.Pairs.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
