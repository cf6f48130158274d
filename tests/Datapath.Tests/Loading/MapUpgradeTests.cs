using System.Net;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Maps;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Loading;

/// <summary>An agent that starts over what another version, or other sizes, left pinned and attached.</summary>
public class MapUpgradeTests
{
    internal static readonly (string, string) FlagsWereZone = ("\t__u32 flags;\n};\n\n/*\n * Map `tunnels`", "\t__u32 zone;\n};\n\n/*\n * Map `tunnels`");
    private static readonly IpAddressKey _address = IpAddressKey.From(IPAddress.Parse("10.9.0.2"));

    [Fact]
    public void Entries_of_every_map_survive_other_sizes()
    {
        using var node = new TestNode();
        using (var before = Open(node, node.Options))
        {
            Fill(before);
        }

        using var after = Open(node, Larger(node.Options));
        Assert.False(after.AwaitsContents);
        AssertFilled(after);
        Assert.Equal((2048u, 4096u, 512u), (after.Hosts.Capacity, after.Conntrack4.Capacity, after.Policy.Capacity));
        AssertSettled(node);
    }

    [Fact]
    public void The_same_sizes_keep_the_very_maps()
    {
        using var node = new TestNode();
        using (var before = Open(node, node.Options))
        {
            Fill(before);
        }

        var steps = new List<string>();
        using var after = node.Namespace.Run(() => NodeDatapath.Open(node.Options, OlderVersion.ObjectNamed, steps.Add));
        Assert.DoesNotContain(steps, step => step.Contains("created", StringComparison.Ordinal));
        AssertFilled(after);
    }

    [Fact]
    public void A_size_too_small_for_what_is_in_force_is_refused_and_nothing_changes()
    {
        using var node = new TestNode();
        using (var before = Open(node, node.Options))
        {
            for (var i = 0u; i < 100; i++)
            {
                before.Hosts.Put(IpAddressKey.From(new IPAddress(i + 1)), new IpcacheEntry { Identity = i });
            }

            before.PolicyRanges.Put(200, new PolicyRangeEntry { High = 5 });
        }

        Assert.Contains("map hosts: what it holds needs 100 entries, and its new size is 64", Assert.Throws<KernelException>(() => Open(node, node.Options with { HostEntries = 64 })).Message);
        Assert.Contains("map policy_ranges: what it holds needs 201 entries", Assert.Throws<KernelException>(() => Open(node, node.Options with { PolicyRangeEntries = 128 })).Message);
        using var again = Open(node, node.Options);
        Assert.Equal(100, again.Hosts.Entries().Count);
        Assert.Equal(1024u, again.Hosts.Capacity);
    }

    [Fact]
    public void Of_connections_that_do_not_fit_the_newest_stay()
    {
        using var node = new TestNode();
        using (var before = Open(node, node.Options with { ConntrackEntries = 16384 }))
        {
            for (var i = 0u; i < 8000; i++)
            {
                before.Conntrack4.Put(new ConntrackKey4 { LowAddress = i + 1 }, new ConntrackEntry { LastSeen = i * 7919 % 8000 });
            }
        }

        using var after = Open(node, node.Options with { ConntrackEntries = 2048 });
        var kept = after.Conntrack4.Entries().Select(entry => entry.Value.LastSeen).Order().ToArray();
        Assert.True(kept.Length > 1200, $"{kept.Length} kept"); // an LRU may hold a little less than its size
        Assert.True(kept[kept.Length / 10] >= 8000 - 2048, $"a tenth was last seen before {kept[kept.Length / 10]}");
        Assert.Contains(7999u, kept);
    }

    [Fact]
    public void Connections_that_begin_while_programs_are_loaded_are_known_when_those_begin_to_judge()
    {
        using var node = new TestNode();
        var (_, link) = node.AddPod();
        using (var before = Open(node, node.Options))
        {
            node.Namespace.Run(() => before.Attach(link.Index));
        }

        List<uint>? known = null;
        using var after = node.Namespace.Run(() => NodeDatapath.Open(node.Options with { ConntrackEntries = 4096 }, OlderVersion.ObjectNamed, step =>
        {
            if (step == "map conntrack4 filled")
            {
                Begin(1);
            }
            else if (step == $"interface {link.Index} switched")
            {
                using var coming = KernelMap<ConntrackKey4, ConntrackEntry>.OpenPinned($"{node.Options.BpfRoot}/incoming/conntrack4");
                known = [.. coming.Entries().Select(entry => entry.Value.LastSeen)];
                Begin(2);
            }
        }));
        Assert.Equal([1u], known);
        Assert.Equal([1u, 2u], after.Conntrack4.Entries().Select(entry => entry.Value.LastSeen).Order());

        void Begin(uint number)
        {
            using var map = KernelMap<ConntrackKey4, ConntrackEntry>.OpenPinned($"{node.Options.BpfRoot}/maps/conntrack4");
            map.Put(new ConntrackKey4 { LowAddress = number }, new ConntrackEntry { LastSeen = number });
        }
    }

    [Fact]
    public void Another_layout_of_equal_size_is_seen_and_the_old_maps_judge_until_the_new_ones_are_filled()
    {
        using var node = new TestNode();
        var (pod, link) = node.AddPod();
        using (var older = OlderVersion.Install(node, link.Index, FlagsWereZone))
        {
            older.Put("hosts", Bytes(_address), Bytes(new IpcacheEntry { Identity = 70001, Flags = 1 }));
            older.Put("endpoints", BitConverter.GetBytes(link.Index), new byte[Marshal.SizeOf<EndpointEntry>()]);
            older.Put("conntrack4", Bytes(new ConntrackKey4 { LowAddress = 1 }), Bytes(new ConntrackEntry { LastSeen = 5 }));
        }

        Assert.True(Traffic.Reaches(node.Namespace, pod, "10.9.0.2"), "the older programs let it pass");
        using (var after = Open(node, node.Options))
        {
            Assert.True(after.AwaitsContents);
            Assert.Empty(after.Hosts.Entries());
            Assert.Empty(after.Endpoints.Entries());
            Assert.Single(after.Conntrack4.Entries());
            Assert.True(Traffic.Reaches(node.Namespace, pod, "10.9.0.2"), "they still do, by their own maps");
        }

        // Killed before it was filled: the next start is where this one was, and what was written stays.
        using var again = Open(node, node.Options);
        Assert.True(again.AwaitsContents);
        Assert.True(Traffic.Reaches(node.Namespace, pod, "10.9.0.2"));
        again.Hosts.Put(_address, new IpcacheEntry { Identity = 70002 });
        node.Namespace.Run(again.TakeOver);
        Assert.False(again.AwaitsContents);
        AssertSettled(node);
        Assert.True(Traffic.StaysOut(node.Namespace, pod, "10.9.0.2"), "the programs of today know no such endpoint");
        again.Dispose();
        using var third = Open(node, node.Options);
        Assert.False(third.AwaitsContents);
        Assert.True(third.Hosts.TryGet(_address, out var entry));
        Assert.Equal(70002u, entry.Identity);
    }

    [Fact]
    public void A_member_of_other_byte_order_is_another_layout()
    {
        using var node = new TestNode();
        OlderVersion.Install(node, 0, ("\t__u32 last_reported;", "\t__be32 last_reported;")).Dispose();
        var failure = Assert.Throws<KernelException>(() => Open(node, node.Options));
        Assert.Contains("map conntrack4", failure.Message);
        Assert.Contains("value.last_reported is __be32 of 4 bytes, wanted __u32 of 4", failure.Message);
        Assert.Contains("nothing was changed", failure.Message);
        OlderVersion.Install(node, 0, ("\t__u32 last_reported;", "\t__be32 last_reported;")).Dispose();
    }

    [Fact]
    public void Connections_of_another_layout_are_carried_over_member_by_member()
    {
        using var node = new TestNode();
        using (var older = OlderVersion.Install(node, 0, ("\t__u32 last_reported;\n\t__u16 flags;\n", "\t__u16 flags;\n\t__u16 zone;\n")))
        {
            // last_seen, flags, zone, tcp_flags, pad, then two ends of five numbers, then no next hop.
            byte[] value = [.. BitConverter.GetBytes(77u), 2, 0, 9, 9, 0x12, 0, 0, 0, .. Enumerable.Range(1, 10).SelectMany(BitConverter.GetBytes)];
            Array.Resize(ref value, Marshal.SizeOf<ConntrackEntry>());
            older.Put("conntrack4", Bytes(new ConntrackKey4 { LowAddress = 1, Protocol = 6 }), value);
        }

        using var after = Open(node, node.Options);
        Assert.False(after.AwaitsContents);
        var (key, entry) = Assert.Single(after.Conntrack4.Entries());
        Assert.Equal(new ConntrackKey4 { LowAddress = 1, Protocol = 6 }, key);
        Assert.Equal(
            new ConntrackEntry
            {
                LastSeen = 77, Flags = ConntrackFlags.ReplySeen, TcpFlags = 0x12,
                Initiator = new ConntrackEnd { Identity = 1, Ifindex = 2, PolicyId = 3, PolicyRevision = 4, Rule = 5 },
                Responder = new ConntrackEnd { Identity = 6, Ifindex = 7, PolicyId = 8, PolicyRevision = 9, Rule = 10 },
            },
            entry);
        AssertSettled(node);
    }

    [Fact]
    public void Connections_under_another_key_are_refused_and_left_alone()
    {
        using var node = new TestNode();
        var edit = ("\t__u32 high_address;\n\t__be16 low_port;\n\t__be16 high_port;", "\t__u32 high_address;\n\t__be16 high_port;\n\t__be16 low_port;");
        using (var older = OlderVersion.Install(node, 0, edit))
        {
            older.Put("conntrack4", Bytes(new ConntrackKey4 { LowAddress = 1 }), Bytes(new ConntrackEntry { LastSeen = 5 }));
        }

        var failure = Assert.Throws<KernelException>(() => Open(node, node.Options));
        Assert.Contains("map conntrack4", failure.Message);
        Assert.Contains("key.low_port is at bit", failure.Message);
        OlderVersion.Install(node, 0, edit).Dispose();
        using var map = KernelMap<ConntrackKey4, ConntrackEntry>.OpenPinned($"{node.Options.BpfRoot}/maps/conntrack4");
        Assert.Single(map.Entries());
    }

    [Fact]
    public void Events_of_another_layout_get_a_ring_of_their_own_and_a_map_nobody_has_any_more_is_unpinned()
    {
        using var node = new TestNode();
        var strange = $"{node.Options.BpfRoot}/maps/of_before";
        OlderVersion.Install(
            node, 0, ("\t__u32 ifindex;\n\tstruct ip_address source;", "\t__u32 zone;\n\tstruct ip_address source;"),
            ("HASH_MAP(devices,", "HASH_MAP(of_before, __u32, struct device, 16, 0);\nHASH_MAP(devices,")).Dispose();
        Assert.True(File.Exists(strange));
        Assert.Equal(["map events created"], Created(node));
        Assert.False(File.Exists(strange));
        Assert.Empty(Created(node));

        static IEnumerable<string> Created(TestNode node)
        {
            var steps = new List<string>();
            node.Namespace.Run(() => NodeDatapath.Open(node.Options, OlderVersion.ObjectNamed, steps.Add)).Dispose();
            return steps.Where(step => step.EndsWith("created", StringComparison.Ordinal));
        }
    }

    private static DatapathOptions Larger(DatapathOptions options) => options with
    {
        EndpointEntries = 128, HostEntries = 2048, PrefixEntries = 2048, PolicyEntries = 512, PolicyRangeEntries = 2048, ConntrackEntries = 4096, NatEntries = 2048,
        FragmentEntries = 128, TunnelEntries = 128, UnmasqueradedEntries = 128, EventRingBytes = 1 << 17,
    };

    /// <summary>Today's maps with simple programs: a pass of the real ones through the verifier takes seconds.</summary>
    internal static NodeDatapath Open(TestNode node, DatapathOptions options) => node.Namespace.Run(() => NodeDatapath.Open(options, OlderVersion.ObjectNamed));

    internal static void Fill(NodeDatapath datapath)
    {
        datapath.Endpoints.Put(7, new EndpointEntry { Id = 3 });
        datapath.Hosts.Put(_address, new IpcacheEntry { Identity = 70001 });
        datapath.Prefixes.Put(new PrefixKey { Length = 96 + 8, Address = _address }, new IpcacheEntry { Identity = 70003 });
        datapath.Policy.Put(PolicyKey.Of(1, TrafficDirection.Egress, 0), new PolicyEntry(4, 2, default));
        datapath.PolicyRanges.Put(4, new PolicyRangeEntry { High = 5 });
        datapath.PolicyRanges.Put(5, new PolicyRangeEntry { Low = 6, High = 7 });
        datapath.Conntrack4.Put(new ConntrackKey4 { LowAddress = 1 }, new ConntrackEntry { LastSeen = 5 });
        datapath.Conntrack6.Put(new ConntrackKey6 { LowPort = 1 }, new ConntrackEntry { LastSeen = 6 });
        datapath.Nat.Put(new NatKey { Tuple = new PacketTuple { SourcePort = 1 } }, new NatEntry { Backend = 9 });
        datapath.Tunnels.Put(1, _address);
        datapath.Devices.Put(2, new DeviceEntry());
        datapath.Unmasqueraded.Put(new PrefixKey { Length = 96 + 8, Address = _address }, 1);
    }

    internal static void AssertFilled(NodeDatapath datapath)
    {
        Assert.Equal(3, datapath.Endpoints.Entries().Single().Value.Id);
        Assert.Equal(70001u, datapath.Hosts.Entries().Single().Value.Identity);
        Assert.Equal(70003u, datapath.Prefixes.Entries().Single().Value.Identity);
        Assert.Equal(new PolicyEntry(4, 2, default), datapath.Policy.Entries().Single().Value);
        Assert.Equal([4u, 5u], datapath.PolicyRanges.Entries().Select(entry => entry.Key));
        Assert.Equal(5u, datapath.Conntrack4.Entries().Single().Value.LastSeen);
        Assert.Equal(6u, datapath.Conntrack6.Entries().Single().Value.LastSeen);
        Assert.Equal(9u, datapath.Nat.Entries().Single().Value.Backend);
        Assert.Equal(_address, datapath.Tunnels.Entries().Single().Value);
        Assert.Single(datapath.Devices.Entries());
        Assert.Single(datapath.Unmasqueraded.Entries());
    }

    internal static void AssertSettled(TestNode node)
    {
        Assert.Empty(Directory.GetFiles($"{node.Options.BpfRoot}/incoming"));
        Assert.Equal(24, Directory.GetFiles($"{node.Options.BpfRoot}/maps").Length);
    }

    private static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
