using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>
/// Some backends of a service, by namespace/name, written by somebody or derived from pods. Publishes its ENDPOINT_SLICE record when a
/// service can lead there.
/// </summary>
public sealed class EndpointSliceKind : EntityKind<EndpointSliceState, EndpointSliceCommand, EndpointSliceEvent>
{
    public const string KindName = "endpoint-slice";

    /// <summary>The source of slices that the control plane makes.</summary>
    public const string Derived = "derived";

    private static readonly EndpointSliceState s_initial = new();

    public static EntityAddress AddressOf(string @namespace, string name) => new(KindName, $"{@namespace}/{name}");

    public override string Name => KindName;

    public override EndpointSliceState Initial => s_initial;

    protected override MessageParser<EndpointSliceEvent> Events => EndpointSliceEvent.Parser;

    public override Decision<EndpointSliceEvent> Decide(EndpointSliceState state, CommandEnvelope<EndpointSliceCommand> envelope) => envelope.Command switch
    {
        ApplySlice { Slice.Slice: var slice } when $"{slice.Namespace}/{slice.Name}" != envelope.EntityId =>
            Decision<EndpointSliceEvent>.Refuse($"the slice is named {slice.Namespace}/{slice.Name}; send it to the entity of that name"),
        ApplySlice apply when !apply.Slice.Equals(state.Applied) => new() { Events = [new() { Applied = apply.Slice }] },
        RemoveSlice when state.Applied is not null => new() { Events = [new() { Removed = new() }] },
        GetSlice => new() { Reply = state },
        _ => Decision<EndpointSliceEvent>.Nothing,
    };

    public override EndpointSliceState Apply(EndpointSliceState state, EndpointSliceEvent happened) => new() { Applied = happened.Applied };

    public override bool HasEnded(EndpointSliceState state) => state.Applied is null;

    public override IEnumerable<RecordChange> Published(string id, EndpointSliceState state) =>
        state.Applied?.Slice is { Service.Length: > 0, AddressType: "IPv4" or "IPv6" } slice
            ? [new RecordChange(RecordKind.EndpointSlice, id, new Record { EndpointSlice = slice })]
            : [];

    protected override string TypeOf(EndpointSliceEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(EndpointSliceState state) => state;

    protected override EndpointSliceState FromSnapshot(ReadOnlySpan<byte> snapshot) => EndpointSliceState.Parser.ParseFrom(snapshot);
}
