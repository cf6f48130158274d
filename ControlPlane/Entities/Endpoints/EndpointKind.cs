using System.Net;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Identities;
using Axoneme.Persistence;
using Axoneme.Policy;
using Axoneme.Wire.Journal;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Google.Protobuf;
using Event = Axoneme.Wire.Journal.EndpointEvent;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>
/// A pod, by namespace/name: what is wanted of it, the identity it holds, and what nodes report. Publishes its POD record once its
/// identity is known, and an IP record for every reported address. While a new label set waits for its number the old
/// identity stays in force; then POD and IP records change in one commit.
/// </summary>
public sealed class EndpointKind(IdentityShards shards) : EntityKind<EndpointState, EndpointCommand, Event>
{
    public const string KindName = "endpoint";

    private static readonly EndpointState s_initial = new();

    public static EntityAddress AddressOf(string @namespace, string name) => new(KindName, $"{@namespace}/{name}");

    public override string Name => KindName;

    public override bool RecoversAtStart => true;

    public override EndpointState Initial => s_initial;

    protected override MessageParser<Event> Events => Event.Parser;

    public override Decision<Event> Decide(EndpointState state, CommandEnvelope<EndpointCommand> envelope)
    {
        var id = envelope.EntityId;
        return envelope.Command switch
        {
            ApplyPod apply => ApplyPod(state, id, apply.Pod),
            RemovePod => state.Desired is null ? Decision<Event>.Nothing : Happens(state, id, new Event { Removed = new() }),
            ReportEndpoint report => Report(state, id, report.Report),
            GetEndpoint => new() { Reply = state },
            IdentityAssigned assigned => Assigned(state, id, assigned),
            IdentityRefused refused => EndpointTransition.Awaits(state, refused.Labels) && state.Refusal != refused.Reason
                ? Happens(state, id, new Event { Refused = new() { Labels = { refused.Labels }, Reason = refused.Reason } })
                : Decision<Event>.Nothing,
            IdentityReleased released => EndpointTransition.IsReleasing(state, released.Labels)
                ? Happens(state, id, new Event { Released = new() { Labels = { released.Labels } } })
                : Decision<Event>.Nothing,
            var unknown => throw new InvalidOperationException($"no decision for {unknown.GetType().Name}"),
        };
    }

    public override EndpointState Apply(EndpointState state, Event happened) => EndpointTransition.Apply(state, happened);

    public override bool HasEnded(EndpointState state) => state.Equals(s_initial);

    public override IEnumerable<Effect> OnRecovered(string id, EndpointState state)
    {
        foreach (var released in state.Releasing)
        {
            yield return Release(id, released.Labels);
        }
        if (state.Desired is { } desired && EndpointTransition.Awaits(state, desired.Labels))
        {
            yield return Acquire(id, desired.Labels);
        }
        if (state.Held is { } held)
        {
            // Labels that changed away and back have a release and an acquisition under way: the stop may have come between them.
            yield return Acquire(id, held.Labels);
        }
    }

    public override IEnumerable<RecordChange> Published(string id, EndpointState state)
    {
        if (state.Published is { } pod)
        {
            yield return new RecordChange(RecordKind.Pod, id, new Record { Pod = ToRecord(pod, state.Identity) });
        }
        var identity = state.Identity == 0 ? ReservedIdentity.Init : state.Identity;
        var addresses = from report in state.Reports from address in report.Addresses select (report, address);
        foreach (var (report, address) in addresses.DistinctBy(reported => reported.address))
        {
            var ip = new IpRecord { Address = address, Identity = identity, Node = report.Node, Namespace = report.Namespace, Pod = report.Pod };
            yield return new RecordChange(
                RecordKind.Ip, address, new Record { Ip = ip }, current => current.Ip.Namespace == ip.Namespace && current.Ip.Pod == ip.Pod);
        }
    }

    protected override string TypeOf(Event happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(EndpointState state) => state;

    protected override EndpointState FromSnapshot(ReadOnlySpan<byte> snapshot) => EndpointState.Parser.ParseFrom(snapshot);

    private Decision<Event> ApplyPod(EndpointState state, string id, DesiredPod pod)
    {
        if ($"{pod.Namespace}/{pod.Name}" != id)
        {
            return Decision<Event>.Refuse($"the pod is named {pod.Namespace}/{pod.Name}; send it to the endpoint of that name");
        }
        if (LabelText.FindFault(pod.Labels) is { } fault)
        {
            return Decision<Event>.Refuse(fault);
        }
        var decision = pod.Equals(state.Desired) ? Decision<Event>.Nothing : Happens(state, id, new Event { Applied = new() { Pod = pod } });
        var after = decision.Events.Aggregate(state, Apply);
        return EndpointTransition.Awaits(after, pod.Labels)
            ? decision with { Effects = [.. decision.Effects, Acquire(id, pod.Labels)] }
            : decision;
    }

    private Decision<Event> Assigned(EndpointState state, string id, IdentityAssigned assigned)
    {
        var held = state.Held is not null && state.Held.Labels.SequenceEqual(assigned.Labels);
        if (EndpointTransition.Awaits(state, assigned.Labels) || (held && state.Identity != assigned.Number))
        {
            return Happens(state, id, new Event { Assigned = new() { Labels = { assigned.Labels }, Number = assigned.Number } });
        }
        // Asked for and no longer wanted by the time the answer came.
        return held ? Decision<Event>.Nothing : new() { Effects = [Release(id, assigned.Labels)] };
    }

    private Decision<Event> Report(EndpointState state, string id, EndpointReport report)
    {
        if ($"{report.Namespace}/{report.Pod}" != id)
        {
            return Decision<Event>.Refuse($"the report is about {report.Namespace}/{report.Pod}; send it to the endpoint of that name");
        }
        var canonical = report.Clone();
        for (var i = 0; i < report.Addresses.Count; i++)
        {
            if (!IPAddress.TryParse(report.Addresses[i], out var address))
            {
                return Decision<Event>.Refuse(
                    $"addresses[{i}] of node {report.Node}'s report: \"{report.Addresses[i]}\" is no address; report it without a prefix length");
            }
            canonical.Addresses[i] = address.ToString();
        }
        var known = state.Reports.FirstOrDefault(r => r.Node == report.Node);
        var changes = report.Removed ? known?.ContainerId == report.ContainerId : !canonical.Equals(known);
        return changes ? Happens(state, id, new Event { Reported = new() { Report = canonical } }) : Decision<Event>.Nothing;
    }

    /// <summary>The event, and a release for every label set it leaves unwanted.</summary>
    private Decision<Event> Happens(EndpointState state, string id, Event happened)
    {
        var after = Apply(state, happened);
        var released = after.Releasing.Where(labels => !EndpointTransition.IsReleasing(state, labels.Labels));
        return new() { Events = [happened], Effects = [.. released.Select(labels => Release(id, labels.Labels))] };
    }

    private Effect Acquire(string id, IReadOnlyList<string> labels) =>
        new(shards.ShardOf(labels), new AcquireIdentity(labels, new EntityAddress(KindName, id)));

    private Effect Release(string id, IReadOnlyList<string> labels) =>
        new(shards.ShardOf(labels), new ReleaseIdentity(labels, new EntityAddress(KindName, id)));

    private static PodRecord ToRecord(DesiredPod pod, uint identity) => new()
    {
        Namespace = pod.Namespace,
        Name = pod.Name,
        Uid = pod.Uid,
        Labels = { pod.Labels },
        Identity = identity,
        NamedPorts = { pod.NamedPorts },
        Node = pod.Node,
        Annotations = { pod.Annotations },
        HostPorts = { pod.HostPorts },
    };
}
