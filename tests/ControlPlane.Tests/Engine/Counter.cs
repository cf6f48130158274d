using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Tests.Engine;

internal abstract record CounterCommand : ICommand;

/// <summary>Adds a word; answered with all words so far.</summary>
internal sealed record Append(string Word) : CounterCommand, ICommand<Words>;

/// <summary>Adds a word here, then tells another counter to add it too.</summary>
internal sealed record Forward(string Word, string To) : CounterCommand, ICommand<Words>;

internal sealed record Explode : CounterCommand, ICommand<Done>;

internal sealed record Refuse : CounterCommand, ICommand<Done>;

internal sealed record Read : CounterCommand, ICommand<Words>;

internal sealed record ClaimNumber(uint Number) : CounterCommand, ICommand<Words>;

internal sealed record Words(string Text);

/// <summary>The smallest entity that shows everything an engine does: it strings words together and publishes them as a setting.</summary>
internal sealed class Counter : EntityKind<SettingState, CounterCommand, SettingEvent>
{
    private static readonly SettingState s_initial = new();

    public static EntityAddress At(string id) => new("counter", id);

    public override string Name => "counter";

    public override int SnapshotEvery => 5;

    public override bool RecoversAtStart => true;

    public override SettingState Initial => s_initial;

    protected override MessageParser<SettingEvent> Events => SettingEvent.Parser;

    public override Decision<SettingEvent> Decide(SettingState state, CommandEnvelope<CounterCommand> envelope) => envelope.Command switch
    {
        Append append => Add(state, append.Word, []),
        Forward forward => Add(state, $">{forward.To}:{forward.Word}", [new Effect(At(forward.To), new Append(forward.Word))]),
        ClaimNumber claim => Add(state, $"#{claim.Number}", []),
        Explode => throw new InvalidOperationException("poison"),
        Refuse => Decision<SettingEvent>.Refuse("not like this"),
        _ => new() { Reply = new Words(state.Value) },
    };

    public override SettingState Apply(SettingState state, SettingEvent happened) =>
        happened.Set == "unapplicable" ? throw new InvalidOperationException("no state follows") : new() { Value = state.Value + happened.Set };

    public override IEnumerable<RecordChange> Published(string id, SettingState state) =>
        state.Value.Length == 0 ? [] : [new(RecordKind.Config, id, new Record { Config = new ConfigRecord { Value = state.Value } })];

    // What was forwarded last is sent again after a restart; the receiver of this test does not mind.
    public override IEnumerable<Effect> OnRecovered(string id, SettingState state)
    {
        var last = state.Value.LastIndexOf('>');
        if (last >= 0)
        {
            var parts = state.Value[(last + 1)..].Split(':');
            yield return new Effect(At(parts[0]), new Append(parts[1]));
        }
    }

    protected override IReadOnlyList<IdentityClaim> Claims(IReadOnlyList<SettingEvent> happened) =>
        [.. happened.Where(e => e.Set[0] == '#').Select(e => new IdentityClaim(uint.Parse(e.Set[1..]), Guid.NewGuid().ToString(), false))];

    protected override string TypeOf(SettingEvent happened) => "set";

    protected override IMessage ToMessage(SettingState state) => state;

    protected override SettingState FromSnapshot(ReadOnlySpan<byte> snapshot) => SettingState.Parser.ParseFrom(snapshot);

    private static Decision<SettingEvent> Add(SettingState state, string word, IReadOnlyList<Effect> effects) =>
        new() { Events = [new() { Set = word }], Effects = effects, Reply = new Words(state.Value + word) };
}
