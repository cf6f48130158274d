using Axoneme.ControlPlane.Engine;
using Axoneme.Kubernetes;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>A service, by namespace/name. Publishes its SERVICE record, but for ExternalName: that is a name and has no traffic.</summary>
public sealed class ServiceKind : EntityKind<ServiceState, ServiceCommand, ServiceEvent>
{
    public const string KindName = "service";

    private static readonly ServiceState s_initial = new();

    public static EntityAddress AddressOf(string @namespace, string name) => new(KindName, $"{@namespace}/{name}");

    public override string Name => KindName;

    public override ServiceState Initial => s_initial;

    protected override MessageParser<ServiceEvent> Events => ServiceEvent.Parser;

    public override Decision<ServiceEvent> Decide(ServiceState state, CommandEnvelope<ServiceCommand> envelope) => envelope.Command switch
    {
        ApplyService { Service.Service: var service } when $"{service.Namespace}/{service.Name}" != envelope.EntityId =>
            Decision<ServiceEvent>.Refuse($"the service is named {service.Namespace}/{service.Name}; send it to the entity of that name"),
        ApplyService apply when !apply.Service.Equals(state.Applied) => new() { Events = [new() { Applied = apply.Service }] },
        RemoveService when state.Applied is not null => new() { Events = [new() { Removed = new() }] },
        GetService => new() { Reply = state },
        _ => Decision<ServiceEvent>.Nothing,
    };

    public override ServiceState Apply(ServiceState state, ServiceEvent happened) => new() { Applied = happened.Applied };

    public override bool HasEnded(ServiceState state) => state.Applied is null;

    public override IEnumerable<RecordChange> Published(string id, ServiceState state) =>
        state.Applied?.Service is { Type: not ServiceResource.ExternalName } service
            ? [new RecordChange(RecordKind.Service, id, new Record { Service = service })]
            : [];

    protected override string TypeOf(ServiceEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(ServiceState state) => state;

    protected override ServiceState FromSnapshot(ReadOnlySpan<byte> snapshot) => ServiceState.Parser.ParseFrom(snapshot);
}
