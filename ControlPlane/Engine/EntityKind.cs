using Axoneme.Persistence;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// The contract of an event-sourced entity. Implementations are pure: no I/O, no clock (time comes with the command), no
/// randomness, and states are never changed in place. The same events always give the same state.
/// </summary>
/// <typeparam name="TState">An immutable state.</typeparam>
/// <typeparam name="TCommand">The base of the kind's commands.</typeparam>
/// <typeparam name="TEvent">The kind's stored event, a protobuf <c>oneof</c> of Wire/Protos/journal.proto.</typeparam>
public abstract class EntityKind<TState, TCommand, TEvent> : IEntityKind
    where TState : class
    where TCommand : class, ICommand
    where TEvent : class, IMessage<TEvent>
{
    public abstract string Name { get; }

    public virtual int SnapshotEvery => 100;

    public virtual bool RecoversAtStart => false;

    /// <summary>Reads a stored event.</summary>
    protected abstract MessageParser<TEvent> Events { get; }

    /// <summary>The state of an entity to which nothing has happened.</summary>
    public abstract TState Initial { get; }

    /// <summary>
    /// What follows from a command in a state. Must be idempotent for commands that arrive as effects: they arrive at least once.
    /// An exception is a defect (a poisonous command): it fails the sender only; refuse bad commands with <see cref="Decision{TEvent}.Refuse"/>.
    /// </summary>
    public abstract Decision<TEvent> Decide(TState state, CommandEnvelope<TCommand> envelope);

    /// <summary>The state after an event. Cannot refuse: the event has happened.</summary>
    public abstract TState Apply(TState state, TEvent happened);

    /// <summary>The event's name, for people who read the journal.</summary>
    protected abstract string TypeOf(TEvent happened);

    /// <summary>The state as a message of journal.proto; the initial state is the empty message.</summary>
    protected abstract IMessage ToMessage(TState state);

    protected abstract TState FromSnapshot(ReadOnlySpan<byte> snapshot);

    /// <summary>Every record that a state stands for.</summary>
    public virtual IEnumerable<RecordChange> Published(string id, TState state) => [];

    /// <summary>What a step changes in the state log: by default the difference between what the states stand for.</summary>
    protected virtual IReadOnlyList<RecordChange> Records(string id, TState before, IReadOnlyList<TEvent> happened, TState after)
    {
        var old = Published(id, before).ToDictionary(c => (c.Kind, c.Key));
        var changes = new List<RecordChange>();
        foreach (var published in Published(id, after))
        {
            var stood = old.Remove((published.Kind, published.Key), out var was) && Equals(was.Value, published.Value);
            if (!stood)
            {
                changes.Add(published);
            }
        }
        changes.AddRange(old.Values.Select(gone => gone with { Value = null }));
        return changes;
    }

    /// <summary>Identity numbers that a step claims or gives up.</summary>
    protected virtual IReadOnlyList<IdentityClaim> Claims(IReadOnlyList<TEvent> happened) => [];

    public virtual IEnumerable<Effect> OnRecovered(string id, TState state) => [];

    public virtual bool HasEnded(TState state) => false;

    object IEntityKind.Initial(string id) => Initial;

    EntityStep IEntityKind.Step(string id, object state, ICommand command, DateTimeOffset time)
    {
        if (command is not TCommand typed)
        {
            throw new InvalidCommandException($"{Name}/{id} does not understand {command.GetType().Name}; send a {typeof(TCommand).Name}");
        }
        var before = (TState)state;
        var decision = Decide(before, new CommandEnvelope<TCommand>(id, typed, time));
        if (decision.Refusal is not null || decision.Events.Count == 0)
        {
            return new EntityStep(before, [], decision.Effects, [], [], decision.Reply, decision.Refusal);
        }
        var after = decision.Events.Aggregate(before, Apply);
        var encoded = new EncodedEvent[decision.Events.Count];
        for (var i = 0; i < encoded.Length; i++)
        {
            encoded[i] = new EncodedEvent(TypeOf(decision.Events[i]), decision.Events[i].ToByteArray());
        }
        return new EntityStep(
            after, encoded, decision.Effects, Records(id, before, decision.Events, after), Claims(decision.Events), decision.Reply, null);
    }

    object IEntityKind.Apply(object state, ReadOnlySpan<byte> storedEvent) => Apply((TState)state, Events.ParseFrom(storedEvent));

    ReadOnlyMemory<byte> IEntityKind.Encode(object state) => ToMessage((TState)state).ToByteArray();

    object IEntityKind.Decode(string id, ReadOnlySpan<byte> snapshot) => snapshot.IsEmpty ? Initial : FromSnapshot(snapshot);

    string IEntityKind.Describe(object state) => JsonFormatter.Default.Format(ToMessage((TState)state));

    bool IEntityKind.HasEnded(string id, object state) => HasEnded((TState)state);

    IEnumerable<Effect> IEntityKind.OnRecovered(string id, object state) => OnRecovered(id, (TState)state);

    IEnumerable<RecordChange> IEntityKind.Published(string id, object state) => Published(id, (TState)state);
}
