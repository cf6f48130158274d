using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>One command decided and applied, in the form an engine stores and publishes.</summary>
public sealed record EntityStep(
    object After,
    IReadOnlyList<EncodedEvent> Events,
    IReadOnlyList<Effect> Effects,
    IReadOnlyList<RecordChange> Changes,
    IReadOnlyList<IdentityClaim> Claims,
    object Reply,
    string? Refusal);
