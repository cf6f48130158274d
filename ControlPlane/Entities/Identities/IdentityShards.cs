using System.Globalization;
using System.Text;
using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Entities.Identities;

/// <summary>Which shard owns a label set. The count is fixed when a cluster is created: it decides where every number came from.</summary>
public sealed record IdentityShards(int Count)
{
    public const int DefaultCount = 16;

    /// <summary>The configuration record that holds <see cref="Count"/>.</summary>
    public const string SettingName = "identity-shards";

    public IEnumerable<EntityAddress> All => Enumerable.Range(0, Count).Select(AddressOf);

    public EntityAddress ShardOf(IEnumerable<string> labels) => AddressOf((int)(Hash(LabelText.Join(labels)) % (uint)Count));

    private static EntityAddress AddressOf(int shard) => new(IdentityShardKind.KindName, shard.ToString(CultureInfo.InvariantCulture));

    // FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv): must never change, and string.GetHashCode changes per process.
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ octet) * 16777619u;
        }
        return hash;
    }
}
