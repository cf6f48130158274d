using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;

namespace Axoneme.Benchmarks.Packets;

/// <summary>What else a large cluster would put into a node's maps: 100 000 addresses and 10 000 policy entries that no packet here needs.</summary>
internal static class LargeCluster
{
    private const int Addresses = 100_000;
    private const int PolicyEntries = 10_000;
    private const uint FirstIdentity = 5000;

    /// <summary>Fills in, among the entries of two policies.</summary>
    public static void Fill(NodeDatapath datapath, uint policyId, uint otherPolicyId)
    {
        var addresses = Enumerable.Range(0, Addresses).Select(i => new IpAddressKey(0, 0, 0xFFFF0000, (uint)IPAddress.HostToNetworkOrder(0x0B000000 + i))).ToArray();
        datapath.Hosts.PutMany(addresses, [.. addresses.Select((_, i) => new IpcacheEntry { Identity = FirstIdentity + (uint)i % 5000 })]);
        var allow = new PolicyEntry(0, 1, new PolicyRangeEntry(6 << 16 | 80, 6 << 16 | 80, 1, 20));
        var keys = Enumerable.Range(0, PolicyEntries)
            .Select(i => PolicyKey.Of(i % 2 == 0 ? policyId : otherPolicyId, (TrafficDirection)(i % 2), FirstIdentity + (uint)i)).ToArray();
        datapath.Policy.PutMany(keys, [.. keys.Select(_ => allow)]);
    }
}
