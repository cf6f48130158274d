using System.Net;
using Axoneme.NodeActors.Identities;
using Axoneme.Persistence;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Local;

/// <summary>What the local journal held when the agent started.</summary>
internal sealed record LocalContents
{
    public IReadOnlyList<LocalEndpoint> Endpoints { get; init; } = [];

    public IReadOnlyDictionary<IPNetwork, uint> Prefixes { get; init; } = new Dictionary<IPNetwork, uint>();

    /// <summary>Numbers of other nodes' identities.</summary>
    public IReadOnlyDictionary<RemoteNodeKey, uint> RemoteNodes { get; init; } = new Dictionary<RemoteNodeKey, uint>();

    /// <summary>The node as an endpoint; null when it never was one.</summary>
    public LocalEndpoint? Host { get; init; }

    /// <summary>Kernel settings as they were before an agent changed them, by path under /proc/sys.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The first block of policy ids no run has used.</summary>
    public uint PolicyIdBlock { get; init; }

    /// <summary>The first block of ids for services no run has used.</summary>
    public uint ServiceIdBlock { get; init; }

    /// <summary>
    /// The cached state as one snapshot; null when none was ever received whole. A policy whose newest version could not be read is there
    /// twice, the version that could be read first, so that it is in force again.
    /// </summary>
    public Commit? State { get; init; }

    /// <exception cref="NodeAgentException">A record cannot be read.</exception>
    public static async Task<LocalContents> ReadAsync(IJournal journal, CancellationToken cancellationToken)
    {
        var endpoints = new List<LocalEndpoint>();
        var prefixes = new Dictionary<IPNetwork, uint>();
        var nodes = new Dictionary<RemoteNodeKey, uint>();
        LocalEndpoint? host = null;
        var settings = new Dictionary<string, string>();
        var block = 0u;
        var serviceBlock = 0u;
        StateCursor? cursor = null;
        var snapshot = new Commit { Snapshot = true };
        var unreadable = new List<Record>();
        await foreach (var record in journal.ReadRecordsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (record.Deleted)
            {
                continue;
            }

            try
            {
                switch (record.Kind)
                {
                    case LocalStore.Kinds.Endpoint:
                        endpoints.Add(LocalEndpoint.Parser.ParseFrom(record.Payload.Span));
                        break;
                    case LocalStore.Kinds.PrefixIdentity:
                        prefixes[IPNetwork.Parse(record.Key)] = LocalIdentity.Parser.ParseFrom(record.Payload.Span).Number;
                        break;
                    case LocalStore.Kinds.RemoteNodeIdentity:
                        nodes[RemoteNodeKey.Parse(record.Key)] = LocalIdentity.Parser.ParseFrom(record.Payload.Span).Number;
                        break;
                    case LocalStore.Kinds.HostEndpoint:
                        host = LocalEndpoint.Parser.ParseFrom(record.Payload.Span);
                        break;
                    case LocalStore.Kinds.Setting:
                        settings[record.Key] = KernelSetting.Parser.ParseFrom(record.Payload.Span).Value;
                        break;
                    case LocalStore.Kinds.PolicyIds:
                        block = Local.PolicyIdBlock.Parser.ParseFrom(record.Payload.Span).Next;
                        break;
                    case LocalStore.Kinds.ServiceIds:
                        serviceBlock = Local.PolicyIdBlock.Parser.ParseFrom(record.Payload.Span).Next;
                        break;
                    case LocalStore.Kinds.Cursor:
                        cursor = StateCursor.Parser.ParseFrom(record.Payload.Span);
                        break;
                    case LocalStore.Kinds.UnreadablePolicy:
                        unreadable.Add(Record.Parser.ParseFrom(record.Payload.Span));
                        break;
                    case var kind when kind.StartsWith(LocalStore.Kinds.State, StringComparison.Ordinal):
                        snapshot.Records.Add(Record.Parser.ParseFrom(record.Payload.Span));
                        break;
                }
            }
            catch (Exception exception) when (exception is Google.Protobuf.InvalidProtocolBufferException or FormatException)
            {
                throw new NodeAgentException(
                    $"local journal: record {record.Kind}/{record.Key} cannot be read ({exception.Message}); it was written by another version or is damaged", exception);
            }
        }

        snapshot.Records.Add(unreadable);
        if (cursor is not null)
        {
            snapshot.Epoch = cursor.Epoch;
            snapshot.Revision = cursor.Revision;
        }

        return new LocalContents
        {
            Endpoints = endpoints,
            Prefixes = prefixes,
            RemoteNodes = nodes,
            Host = host,
            Settings = settings,
            PolicyIdBlock = block,
            ServiceIdBlock = serviceBlock,
            State = cursor is null ? null : snapshot,
        };
    }
}
