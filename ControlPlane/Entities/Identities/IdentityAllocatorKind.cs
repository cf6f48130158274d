using System.Collections.Immutable;
using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>Leases blocks of identity numbers to shards, each block once.</summary>
public sealed class IdentityAllocatorKind(IdentitySpace space)
    : EntityKind<ImmutableList<IdentityBlockLeased>, IdentityAllocatorCommand, IdentityAllocatorEvent>
{
    public const string KindName = "identity-allocator";

    public static EntityAddress Address { get; } = new(KindName, "numbers");

    public override string Name => KindName;

    public override ImmutableList<IdentityBlockLeased> Initial => [];

    protected override MessageParser<IdentityAllocatorEvent> Events => IdentityAllocatorEvent.Parser;

    public override Decision<IdentityAllocatorEvent> Decide(
        ImmutableList<IdentityBlockLeased> state, CommandEnvelope<IdentityAllocatorCommand> envelope)
    {
        var lease = (LeaseBlock)envelope.Command;
        if (state.Find(l => l.Shard == lease.Shard.Id && l.Ordinal == lease.Ordinal) is { } leased)
        {
            return new() { Effects = [new Effect(lease.Shard, new GrantBlock(leased.Ordinal, leased.First))] };
        }
        var first = state.IsEmpty ? space.First : state[^1].First + IdentitySpace.BlockSize;
        if (first + IdentitySpace.BlockSize > space.End)
        {
            var reason = $"identity numbers are exhausted: all blocks from {space.First} to {space.End - 1} are leased; use fewer distinct label sets (see the identity-relevant label filter)";
            return new() { Effects = [new Effect(lease.Shard, new RefuseBlock(reason))] };
        }
        return new()
        {
            Events = [new() { Leased = new() { Shard = lease.Shard.Id, Ordinal = lease.Ordinal, First = first } }],
            Effects = [new Effect(lease.Shard, new GrantBlock(lease.Ordinal, first))],
        };
    }

    public override ImmutableList<IdentityBlockLeased> Apply(ImmutableList<IdentityBlockLeased> state, IdentityAllocatorEvent happened) =>
        state.Add(happened.Leased);

    protected override string TypeOf(IdentityAllocatorEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(ImmutableList<IdentityBlockLeased> state) => new IdentityAllocatorState { Leases = { state } };

    protected override ImmutableList<IdentityBlockLeased> FromSnapshot(ReadOnlySpan<byte> snapshot) =>
        [.. IdentityAllocatorState.Parser.ParseFrom(snapshot).Leases];
}
