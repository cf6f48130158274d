using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Kafka's requests by name and number (kafka.apache.org/protocol, "Api Keys"), as far as Cilium's policies name them.</summary>
public static class KafkaApi
{
    /// <summary>In the order of their numbers, from 0.</summary>
    private static readonly string[] Names =
    [
        "produce", "fetch", "offsets", "metadata", "leaderandisr", "stopreplica", "updatemetadata", "controlledshutdown", "offsetcommit",
        "offsetfetch", "findcoordinator", "joingroup", "heartbeat", "leavegroup", "syncgroup", "describegroups", "listgroups", "saslhandshake",
        "apiversions", "createtopics", "deletetopics", "deleterecords", "initproducerid", "offsetforleaderepoch", "addpartitionstotxn",
        "addoffsetstotxn", "endtxn", "writetxnmarkers", "txnoffsetcommit", "describeacls", "createacls", "deleteacls", "describeconfigs",
        "alterconfigs",
    ];

    /// <summary>What a client sends to write to topics, and to read from them as a member of a group.</summary>
    private static readonly ImmutableArray<short> Produce = [0, 3, 18];
    private static readonly ImmutableArray<short> Consume = [1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 18];

    /// <summary>Requests that name topics; numbers beyond the named ones are AlterReplicaLogDirs, DescribeLogDirs and CreatePartitions.</summary>
    private static readonly ImmutableArray<short> WithTopics = [0, 1, 2, 3, 4, 5, 6, 8, 9, 19, 20, 21, 23, 24, 27, 28, 34, 35, 37];

    /// <summary>The number of a request's name, whatever its case.</summary>
    public static bool TryGetKey(string name, out short key)
    {
        key = (short)Array.IndexOf(Names, name.ToLowerInvariant());
        return key >= 0;
    }

    /// <summary>The requests that <c>produce</c> or <c>consume</c> stands for.</summary>
    public static bool TryExpandRole(string role, out ImmutableArray<short> keys)
    {
        keys = role switch
        {
            "produce" => Produce,
            "consume" => Consume,
            _ => [],
        };
        return !keys.IsEmpty;
    }

    public static bool NamesTopics(short key) => WithTopics.Contains(key);
}
