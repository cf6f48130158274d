using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>A member of <c>rules.kafka</c>: every condition must hold; empty ones ask nothing.</summary>
/// <param name="ApiKeys">Alternatives; a role is the requests it stands for.</param>
/// <param name="ApiVersion">Null: any.</param>
/// <param name="ClientId">Compared with its case.</param>
/// <param name="Topic">Asked only of requests that name topics.</param>
public sealed record KafkaRule(ImmutableArray<short> ApiKeys, short? ApiVersion, string ClientId, string Topic) : RequestRule
{
    public override bool PermitsEverything => ApiKeys.IsEmpty && ApiVersion is null && ClientId.Length == 0 && Topic.Length == 0;

    /// <summary>A request that could name topics and names none means all of them, which a rule for one topic does not permit.</summary>
    public override bool Permits(Request request) => request is KafkaRequest kafka
        && (ApiKeys.IsEmpty || ApiKeys.Contains(kafka.ApiKey))
        && (ApiVersion is null || ApiVersion == kafka.ApiVersion)
        && (ClientId.Length == 0 || ClientId == kafka.ClientId)
        && (Topic.Length == 0 || !KafkaApi.NamesTopics(kafka.ApiKey) || (!kafka.Topics.IsEmpty && kafka.Topics.All(topic => topic == Topic)));
}
