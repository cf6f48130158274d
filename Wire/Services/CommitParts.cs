using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Services;

/// <summary>Commits as messages of bounded size, and back.</summary>
internal static class CommitParts
{
    /// <summary>A part ends with the record that makes it this large; a single record may be larger.</summary>
    public const int PartBytes = 256 << 10;

    /// <summary>Splits a commit, one part at a time, so that no more than one is in memory beside the commit.</summary>
    public static IEnumerable<CommitPart> Split(Commit commit, int partBytes = PartBytes)
    {
        var part = Empty(commit);
        var size = 0;
        foreach (var record in commit.Records)
        {
            if (size >= partBytes)
            {
                part.More = true;
                yield return part;
                (part, size) = (Empty(commit), 0);
            }

            part.Commit.Records.Add(record);
            size += record.CalculateSize();
        }

        yield return part;
    }

    /// <summary>Joins parts to whole commits, in order.</summary>
    /// <exception cref="RpcException">A part belongs to another commit than the one begun (<see cref="RpcStatus.Internal"/>).</exception>
    public static async IAsyncEnumerable<Commit> JoinAsync(IAsyncEnumerable<CommitPart> parts)
    {
        Commit? begun = null;
        await foreach (var part in parts.ConfigureAwait(false))
        {
            var commit = part.Commit ?? throw new RpcException(RpcStatus.Internal, "a part of a commit is empty");
            if (begun is null)
            {
                begun = commit;
            }
            else if ((commit.Epoch, commit.Revision, commit.Snapshot) == (begun.Epoch, begun.Revision, begun.Snapshot))
            {
                begun.Records.Add(commit.Records);
            }
            else
            {
                throw new RpcException(RpcStatus.Internal, $"a part of revision {commit.Revision} came amid those of revision {begun.Revision}");
            }

            if (!part.More)
            {
                yield return begun;
                begun = null;
            }
        }
    }

    private static CommitPart Empty(Commit commit) => new() { Commit = new Commit { Epoch = commit.Epoch, Revision = commit.Revision, Snapshot = commit.Snapshot } };
}
