namespace Axoneme.PolicyOracle;

/// <summary>A Kafka request.</summary>
/// <param name="ApiKey">The key's name, lower case: <c>produce</c>, <c>fetch</c>, …</param>
/// <param name="ApiVersion">The version of that request.</param>
/// <param name="ClientId">The client's identifier.</param>
/// <param name="Topics">The topics it names; empty when messages of this kind name none.</param>
public sealed record KafkaRequest(string ApiKey, int ApiVersion, string ClientId, IReadOnlyList<string> Topics) : Request
{
    /// <inheritdoc/>
    public override string ToString() => $"kafka {ApiKey} v{ApiVersion} from {ClientId} on {string.Join(',', Topics)}";
}
