using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Namespaces;

/// <summary>
/// A namespace's labels, by name. It publishes nothing itself: its labels are part of its pods' identities. Kept so that
/// they are still known after a restart that finds the namespace's manifest broken.
/// </summary>
public sealed class NamespaceKind : EntityKind<NamespaceState, NamespaceCommand, NamespaceEvent>
{
    public const string KindName = "namespace";

    private static readonly NamespaceState s_initial = new();

    public static EntityAddress AddressOf(string name) => new(KindName, name);

    public override string Name => KindName;

    public override NamespaceState Initial => s_initial;

    protected override MessageParser<NamespaceEvent> Events => NamespaceEvent.Parser;

    public override Decision<NamespaceEvent> Decide(NamespaceState state, CommandEnvelope<NamespaceCommand> envelope)
    {
        switch (envelope.Command)
        {
            case ApplyNamespace apply:
                var applied = new NamespaceApplied { Source = apply.Source };
                applied.Labels.Add(apply.Labels.ToDictionary());
                return applied.Equals(state.Applied) ? Decision<NamespaceEvent>.Nothing : new() { Events = [new() { Applied = applied }] };
            case RemoveNamespace when state.Applied is not null:
                return new() { Events = [new() { Removed = new() }] };
            case GetNamespace:
                return new() { Reply = state };
            default:
                return Decision<NamespaceEvent>.Nothing;
        }
    }

    public override NamespaceState Apply(NamespaceState state, NamespaceEvent happened) => new() { Applied = happened.Applied };

    public override bool HasEnded(NamespaceState state) => state.Applied is null;

    protected override string TypeOf(NamespaceEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(NamespaceState state) => state;

    protected override NamespaceState FromSnapshot(ReadOnlySpan<byte> snapshot) => NamespaceState.Parser.ParseFrom(snapshot);
}
