using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Nodes;

/// <summary>A node, by name. Publishes its NODE record.</summary>
public sealed class NodeKind : EntityKind<NodeState, NodeCommand, NodeEvent>
{
    public const string KindName = "node";

    private static readonly NodeState s_initial = new();

    public static EntityAddress AddressOf(string name) => new(KindName, name);

    public override string Name => KindName;

    public override NodeState Initial => s_initial;

    protected override MessageParser<NodeEvent> Events => NodeEvent.Parser;

    public override Decision<NodeEvent> Decide(NodeState state, CommandEnvelope<NodeCommand> envelope) => envelope.Command switch
    {
        RegisterNode { Registration: var registration } => Register(state, envelope.EntityId, registration),
        GetNode => new() { Reply = state },
        var unknown => throw new InvalidOperationException($"no decision for {unknown.GetType().Name}"),
    };

    public override NodeState Apply(NodeState state, NodeEvent happened) => new() { Registration = happened.Registered };

    public override IEnumerable<RecordChange> Published(string id, NodeState state)
    {
        if (state.Registration is { } node)
        {
            var record = new NodeRecord
            {
                Name = node.Name, Addresses = { node.Addresses }, PodCidrs = { node.PodCidrs }, Labels = { node.Labels }, NodeIpv4 = node.NodeIpv4, NodeIpv6 = node.NodeIpv6,
                HealthIpv4 = node.HealthIpv4, HealthIpv6 = node.HealthIpv6, TunnelPort = node.TunnelPort,
            };
            yield return new RecordChange(RecordKind.Node, id, new Record { Node = record });
        }
    }

    protected override string TypeOf(NodeEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(NodeState state) => state;

    protected override NodeState FromSnapshot(ReadOnlySpan<byte> snapshot) => NodeState.Parser.ParseFrom(snapshot);

    private static Decision<NodeEvent> Register(NodeState state, string id, NodeRegistration registration)
    {
        if (registration.Name != id || registration.Name.Length == 0)
        {
            return Decision<NodeEvent>.Refuse($"the registration names \"{registration.Name}\"; a node registers under its own, non-empty name");
        }
        return registration.Equals(state.Registration) ? Decision<NodeEvent>.Nothing : new() { Events = [new() { Registered = registration }] };
    }
}
