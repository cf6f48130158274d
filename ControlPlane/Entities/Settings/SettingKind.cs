using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Settings;

/// <summary>A value of the cluster's configuration, by name. Publishes its CONFIG record.</summary>
public sealed class SettingKind : EntityKind<SettingState, InitializeSetting, SettingEvent>
{
    public const string KindName = "setting";

    private static readonly SettingState s_initial = new();

    public static EntityAddress AddressOf(string name) => new(KindName, name);

    public override string Name => KindName;

    public override SettingState Initial => s_initial;

    protected override MessageParser<SettingEvent> Events => SettingEvent.Parser;

    public override Decision<SettingEvent> Decide(SettingState state, CommandEnvelope<InitializeSetting> envelope)
    {
        var value = envelope.Command.Value;
        if (value.Length == 0)
        {
            return Decision<SettingEvent>.Refuse("the value is empty; give the setting a value");
        }
        return state.Value.Length == 0
            ? new() { Events = [new() { Set = value }], Reply = new SettingInForce(value) }
            : new() { Reply = new SettingInForce(state.Value) };
    }

    public override SettingState Apply(SettingState state, SettingEvent happened) => new() { Value = happened.Set };

    public override IEnumerable<RecordChange> Published(string id, SettingState state) => state.Value.Length == 0
        ? []
        : [new RecordChange(RecordKind.Config, id, new Record { Config = new ConfigRecord { Value = state.Value } })];

    protected override string TypeOf(SettingEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(SettingState state) => state;

    protected override SettingState FromSnapshot(ReadOnlySpan<byte> snapshot) => SettingState.Parser.ParseFrom(snapshot);
}
