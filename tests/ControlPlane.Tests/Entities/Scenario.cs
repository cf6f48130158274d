using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.State;
using Google.Protobuf;
using Xunit;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.ControlPlane.Tests.Entities;

/// <summary>One entity, given commands one by one; after each its state must survive being stored and read.</summary>
internal sealed class Scenario(IEntityKind kind, string id)
{
    private readonly Dictionary<(RecordKind, string), Record> _records = [];

    public object State { get; private set; } = kind.Initial(id);

    public DateTimeOffset Time { get; set; } = Given.Now;

    public EntityStep Last { get; private set; } = null!;

    public IEnumerable<ICommand> Effects => Last.Effects.Select(effect => effect.Command);

    public IReadOnlyDictionary<(RecordKind Kind, string Key), Record> Records => _records;

    public Scenario When(ICommand command)
    {
        Last = kind.Step(id, State, command, Time);
        var replayed = Last.Events.Aggregate(State, (state, happened) => kind.Apply(state, happened.Payload.Span));
        State = Last.After;
        var encoded = kind.Encode(State);
        Assert.Equal(encoded.ToArray(), kind.Encode(replayed).ToArray());
        Assert.Equal(encoded.ToArray(), kind.Encode(kind.Decode(id, encoded.Span)).ToArray());
        foreach (var change in Last.Changes)
        {
            if (change.Value is { } value)
            {
                _records[(change.Kind, change.Key)] = value;
            }
            else
            {
                _records.Remove((change.Kind, change.Key));
            }
        }
        return this;
    }

    public IEnumerable<ICommand> Recovered() => kind.OnRecovered(id, State).Select(effect => effect.Command);

    public bool HasEnded => kind.HasEnded(id, State);
}
