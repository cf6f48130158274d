using System.Collections.Immutable;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Google.Protobuf.WellKnownTypes;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>A shard's identities by label text, and the numbers of its newest block that are still free.</summary>
public sealed record IdentityShard
{
    public static IdentityShard Empty { get; } = new();

    public ImmutableDictionary<string, HeldIdentity> Identities { get; init; } =
        ImmutableDictionary.Create<string, HeldIdentity>(StringComparer.Ordinal);

    /// <summary>Label texts that wait for a block, in order of request.</summary>
    public ImmutableList<string> Waiting { get; init; } = [];

    public uint Blocks { get; init; }

    public uint Next { get; init; }

    public uint End { get; init; }

    public bool HasFreeNumber => Next < End;

    public static IdentityShard FromMessage(IdentityShardState message)
    {
        var identities = message.Identities.ToImmutableDictionary(
            identity => LabelText.Join(identity.Labels),
            identity => new HeldIdentity(
                identity.Number,
                [.. identity.Holders.Select(holder => new EntityAddress(holder.Kind, holder.Id))],
                identity.UnheldSince?.ToDateTimeOffset()),
            StringComparer.Ordinal);
        var waiting = message.Identities.Where(identity => identity.Number == 0).Select(identity => LabelText.Join(identity.Labels));
        return new() { Identities = identities, Waiting = [.. waiting], Blocks = message.Blocks, Next = message.Next, End = message.End };
    }

    public IdentityShardState ToMessage() => new()
    {
        Blocks = Blocks,
        Next = Next,
        End = End,
        Identities =
        {
            // Waiting ones first and in their order, the rest by number: equal states are equal snapshots.
            Waiting.Select(text => ToMessage(text, Identities[text])),
            Identities.Where(i => i.Value.Number != 0).OrderBy(i => i.Value.Number).Select(i => ToMessage(i.Key, i.Value)),
        },
    };

    private static ShardIdentity ToMessage(string text, HeldIdentity identity) => new()
    {
        Labels = { LabelText.Split(text) },
        Number = identity.Number,
        Holders = { identity.Holders.OrderBy(h => h.ToString(), StringComparer.Ordinal).Select(h => new IdentityHolder { Kind = h.Kind, Id = h.Id }) },
        UnheldSince = identity.UnheldSince?.ToTimestamp(),
    };
}
