using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Policies;

/// <summary>A policy object, by Kind/namespace/name (the namespace empty for cluster-wide kinds). Publishes its POLICY record.</summary>
public sealed class PolicyKind : EntityKind<PolicyState, PolicyCommand, PolicyEvent>
{
    public const string KindName = "policy";

    private static readonly PolicyState s_initial = new();

    public static EntityAddress AddressOf(string kind, string @namespace, string name) => new(KindName, $"{kind}/{@namespace}/{name}");

    public override string Name => KindName;

    public override PolicyState Initial => s_initial;

    protected override MessageParser<PolicyEvent> Events => PolicyEvent.Parser;

    public override Decision<PolicyEvent> Decide(PolicyState state, CommandEnvelope<PolicyCommand> envelope) => envelope.Command switch
    {
        ApplyPolicy when envelope.EntityId.Split('/').Length != 3 =>
            Decision<PolicyEvent>.Refuse($"\"{envelope.EntityId}\" does not name a policy; address it as Kind/namespace/name"),
        ApplyPolicy apply when apply.ContentHash != state.Applied?.ContentHash || apply.Source != state.Applied.Source => new()
        {
            Events = [new() { Applied = new() { Json = apply.Json, Source = apply.Source, ContentHash = apply.ContentHash } }],
        },
        RemovePolicy when state.Applied is not null => new() { Events = [new() { Removed = new() }] },
        GetPolicy => new() { Reply = state },
        _ => Decision<PolicyEvent>.Nothing,
    };

    public override PolicyState Apply(PolicyState state, PolicyEvent happened) => new() { Applied = happened.Applied };

    public override bool HasEnded(PolicyState state) => state.Applied is null;

    public override IEnumerable<RecordChange> Published(string id, PolicyState state)
    {
        if (state.Applied is { } applied)
        {
            var parts = id.Split('/', 3);
            var policy = new PolicyRecord { Kind = parts[0], Namespace = parts[1], Name = parts[2], Json = applied.Json, Source = applied.Source };
            yield return new RecordChange(RecordKind.Policy, id, new Record { Policy = policy });
        }
    }

    protected override string TypeOf(PolicyEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(PolicyState state) => state;

    protected override PolicyState FromSnapshot(ReadOnlySpan<byte> snapshot) => PolicyState.Parser.ParseFrom(snapshot);
}
