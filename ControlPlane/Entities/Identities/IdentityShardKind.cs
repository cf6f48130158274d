using System.Globalization;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Event = Axoneme.Wire.Journal.IdentityShardEvent;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>
/// Gives label sets their numbers, counts who holds them, and publishes IDENTITY records. A number is never given twice, not
/// even after its label set is gone.
/// </summary>
public sealed class IdentityShardKind : EntityKind<IdentityShard, IdentityShardCommand, Event>
{
    public const string KindName = "identity-shard";

    public override string Name => KindName;

    public override int SnapshotEvery => 1000;  // a shard's state is large beside its events

    public override bool RecoversAtStart => true;

    public override IdentityShard Initial => IdentityShard.Empty;

    protected override MessageParser<Event> Events => Event.Parser;

    public override Decision<Event> Decide(IdentityShard state, CommandEnvelope<IdentityShardCommand> envelope) => envelope.Command switch
    {
        AcquireIdentity acquire => Acquire(state, envelope.EntityId, acquire),
        ReleaseIdentity release => Release(state, release, envelope.Time),
        GrantBlock grant => Grant(state, envelope.EntityId, grant),
        RefuseBlock refuse => new() { Effects = [.. Answer(state, state.Waiting, (labels, _) => new IdentityRefused(labels, refuse.Reason))] },
        SweepIdentities sweep => Sweep(state, envelope.EntityId, envelope.Time - sweep.Grace),
        var unknown => throw new InvalidOperationException($"no decision for {unknown.GetType().Name}"),
    };

    public override IdentityShard Apply(IdentityShard state, Event happened)
    {
        switch (happened.EventCase)
        {
            case Event.EventOneofCase.Granted:
                return state with
                {
                    Blocks = happened.Granted.Ordinal,
                    Next = happened.Granted.First,
                    End = happened.Granted.First + IdentitySpace.BlockSize,
                };
            case Event.EventOneofCase.Requested:
                var request = happened.Requested;
                return Hold(state, LabelText.Join(request.Labels), new EntityAddress(request.HolderKind, request.HolderId));
            case Event.EventOneofCase.Held:
                return Hold(state, LabelText.Join(happened.Held.Labels), new EntityAddress(happened.Held.HolderKind, happened.Held.HolderId));
            case Event.EventOneofCase.Allocated:
                return Number(state, LabelText.Join(happened.Allocated.Labels), happened.Allocated.Number);
            case Event.EventOneofCase.LetGo:
                return LetGo(state, happened.LetGo);
            case Event.EventOneofCase.Removed:
                return state with { Identities = state.Identities.Remove(LabelText.Join(happened.Removed.Labels)) };
            default:
                throw new InvalidOperationException($"no state follows from {happened.EventCase}");
        }
    }

    public override IEnumerable<Effect> OnRecovered(string id, IdentityShard state) => state.Waiting.IsEmpty ? [] : [AskForBlock(id, state)];

    public override IEnumerable<RecordChange> Published(string id, IdentityShard state) =>
        state.Identities.Where(i => i.Value.Number != 0).Select(i => ToRecord(i.Value.Number, LabelText.Split(i.Key)));

    // From the events and not by comparing states: a shard may hold thousands of identities.
    protected override IReadOnlyList<RecordChange> Records(
        string id, IdentityShard before, IReadOnlyList<Event> happened, IdentityShard after)
    {
        var changes = new List<RecordChange>();
        foreach (var one in happened)
        {
            if (one.Allocated is { } allocated)
            {
                changes.Add(ToRecord(allocated.Number, allocated.Labels));
            }
            else if (one.Removed is { } removed)
            {
                changes.Add(new RecordChange(RecordKind.Identity, KeyOf(removed.Number), null));
            }
        }
        return changes;
    }

    protected override IReadOnlyList<IdentityClaim> Claims(IReadOnlyList<Event> happened)
    {
        var claims = new List<IdentityClaim>();
        foreach (var one in happened)
        {
            if (one.Allocated is { } allocated)
            {
                claims.Add(new IdentityClaim(allocated.Number, LabelText.Join(allocated.Labels), Released: false));
            }
            else if (one.Removed is { } removed)
            {
                claims.Add(new IdentityClaim(removed.Number, LabelText.Join(removed.Labels), Released: true));
            }
        }
        return claims;
    }

    protected override string TypeOf(Event happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(IdentityShard state) => state.ToMessage();

    protected override IdentityShard FromSnapshot(ReadOnlySpan<byte> snapshot) =>
        IdentityShard.FromMessage(IdentityShardState.Parser.ParseFrom(snapshot));

    private static Decision<Event> Acquire(IdentityShard state, string id, AcquireIdentity acquire)
    {
        if (LabelText.FindFault(acquire.Labels) is { } fault)
        {
            return Decision<Event>.Refuse(fault);
        }
        var text = LabelText.Join(acquire.Labels);
        var identity = state.Identities.GetValueOrDefault(text);
        var number = identity?.Number ?? 0;
        var events = new List<Event>();
        if (number == 0 && state.HasFreeNumber)
        {
            number = state.Next;
            events.Add(new() { Allocated = new() { Labels = { acquire.Labels }, Number = number } });
        }
        var (kind, holder) = (acquire.Holder.Kind, acquire.Holder.Id);
        if (identity is null || !identity.Holders.Contains(acquire.Holder))
        {
            events.Add(number == 0
                ? new() { Requested = new() { Labels = { acquire.Labels }, HolderKind = kind, HolderId = holder } }
                : new() { Held = new() { Labels = { acquire.Labels }, HolderKind = kind, HolderId = holder } });
        }
        var effect = number == 0 ? AskForBlock(id, state) : new Effect(acquire.Holder, new IdentityAssigned(acquire.Labels, number));
        return new() { Events = events, Effects = [effect], Reply = new AcquiredIdentity(number) };
    }

    private static Decision<Event> Release(IdentityShard state, ReleaseIdentity release, DateTimeOffset time)
    {
        var identity = state.Identities.GetValueOrDefault(LabelText.Join(release.Labels));
        var letGo = new IdentityLetGo
        {
            Labels = { release.Labels },
            HolderKind = release.Holder.Kind,
            HolderId = release.Holder.Id,
            Time = time.ToTimestamp(),
        };
        return new()
        {
            Events = identity is not null && identity.Holders.Contains(release.Holder) ? [new() { LetGo = letGo }] : [],
            Effects = [new Effect(release.Holder, new IdentityReleased(release.Labels))],
        };
    }

    private Decision<Event> Grant(IdentityShard state, string id, GrantBlock grant)
    {
        if (grant.Ordinal <= state.Blocks)
        {
            return Decision<Event>.Nothing;  // came twice
        }
        var events = new List<Event> { new() { Granted = new() { Ordinal = grant.Ordinal, First = grant.First } } };
        var number = grant.First;
        var served = state.Waiting.Take((int)IdentitySpace.BlockSize).ToArray();
        foreach (var text in served)
        {
            events.Add(new() { Allocated = new() { Labels = { LabelText.Split(text) }, Number = number++ } });
        }
        var after = events.Aggregate(state, Apply);
        var effects = Answer(after, served, (labels, allocated) => new IdentityAssigned(labels, allocated)).ToList();
        if (!after.Waiting.IsEmpty)
        {
            effects.Add(AskForBlock(id, after));
        }
        return new() { Events = events, Effects = effects };
    }

    private static Decision<Event> Sweep(IdentityShard state, string id, DateTimeOffset unheldBefore) => new()
    {
        Events =
        [
            .. state.Identities.Where(i => i.Value.UnheldSince <= unheldBefore && i.Value.Holders.IsEmpty).OrderBy(i => i.Value.Number).Select(
                i => new Event { Removed = new() { Labels = { LabelText.Split(i.Key) }, Number = i.Value.Number } }),
        ],
        Effects = state.Waiting.IsEmpty ? [] : [AskForBlock(id, state)],
    };

    private static Effect AskForBlock(string id, IdentityShard state) =>
        new(IdentityAllocatorKind.Address, new LeaseBlock(new EntityAddress(KindName, id), state.Blocks + 1));

    private static IEnumerable<Effect> Answer(
        IdentityShard state, IEnumerable<string> texts, Func<IReadOnlyList<string>, uint, EndpointCommand> answer) =>
        from text in texts
        let identity = state.Identities[text]
        from holder in identity.Holders.OrderBy(h => h.ToString(), StringComparer.Ordinal)
        select new Effect(holder, answer(LabelText.Split(text), identity.Number));

    private static IdentityShard Hold(IdentityShard state, string text, EntityAddress holder)
    {
        var known = state.Identities.TryGetValue(text, out var identity);
        identity ??= new HeldIdentity(0, [], null);
        return state with
        {
            Identities = state.Identities.SetItem(text, identity with { Holders = identity.Holders.Add(holder), UnheldSince = null }),
            Waiting = known ? state.Waiting : state.Waiting.Add(text),
        };
    }

    private static IdentityShard Number(IdentityShard state, string text, uint number)
    {
        var identity = state.Identities.GetValueOrDefault(text) ?? new HeldIdentity(0, [], null);
        return state with
        {
            Identities = state.Identities.SetItem(text, identity with { Number = number }),
            Waiting = state.Waiting.Remove(text),
            Next = number + 1,
        };
    }

    private static IdentityShard LetGo(IdentityShard state, IdentityLetGo letGo)
    {
        var text = LabelText.Join(letGo.Labels);
        var identity = state.Identities[text];
        var holders = identity.Holders.Remove(new EntityAddress(letGo.HolderKind, letGo.HolderId));
        if (holders.IsEmpty && identity.Number == 0)
        {
            return state with { Identities = state.Identities.Remove(text), Waiting = state.Waiting.Remove(text) };
        }
        var unheldSince = holders.IsEmpty ? letGo.Time.ToDateTimeOffset() : (DateTimeOffset?)null;
        return state with { Identities = state.Identities.SetItem(text, identity with { Holders = holders, UnheldSince = unheldSince }) };
    }

    private static RecordChange ToRecord(uint number, IEnumerable<string> labels) => new(
        RecordKind.Identity, KeyOf(number), new Record { Identity = new IdentityRecord { Number = number, Labels = { labels } } });

    private static string KeyOf(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
