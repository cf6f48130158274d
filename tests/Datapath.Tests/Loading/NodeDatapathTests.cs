using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Loading;

public class NodeDatapathTests
{
    private static readonly IpAddressKey _address = IpAddressKey.From(IPAddress.Parse("10.9.0.2"));

    [Fact]
    public void Everything_is_pinned_under_the_node_s_directory()
    {
        using var node = new TestNode();
        using var datapath = node.Open();
        string[] maps =
        [
            "affinity", "backends", "balancing_space", "conntrack4", "conntrack6", "counters", "devices", "endpoints", "events", "fragments4", "fragments6", "frontends", "hosts",
            "maglev", "nat", "nat_space", "node_ports", "policy", "policy_ranges", "prefixes", "service_pools", "services", "socket_peers", "source_ranges", "tunnels", "unmasqueraded",
        ];
        Assert.Equal(maps, Names("maps"));
        Assert.Equal(
            [
                "bind4", "bind6", "connect4", "connect6", "from_netdev", "from_overlay", "from_pod", "getpeername4", "getpeername6", "recvmsg4", "recvmsg6", "sendmsg4", "sendmsg6",
                "to_netdev", "to_overlay", "to_pod", "xdp_netdev",
            ],
            Names("programs"));
        Assert.Empty(Names("links"));
        Assert.Equal(1024u, datapath.Policy.Capacity);

        IEnumerable<string> Names(string directory) => Directory.GetFiles($"{node.Options.BpfRoot}/{directory}").Select(path => Path.GetFileName(path)!).Order();
    }

    [Fact]
    public void A_restart_finds_the_maps_as_they_were()
    {
        using var node = new TestNode();
        using (var first = node.Open())
        {
            first.Hosts.Put(_address, new IpcacheEntry { Identity = 70001 });
        }

        using var second = node.Open();
        Assert.True(second.Hosts.TryGet(_address, out var entry));
        Assert.Equal(70001u, entry.Identity);
    }

    [Fact]
    public void A_directory_that_another_agent_holds_is_refused()
    {
        using var node = new TestNode();
        using (node.Open())
        {
            var failure = Assert.Throws<KernelException>(() => node.Open());
            Assert.Contains(node.Options.BpfRoot, failure.Message);
            Assert.Contains("another process holds it", failure.Message);
        }

        using var next = node.Open();
        Assert.Empty(next.AttachedInterfaces());
    }

    [Fact]
    public void A_program_that_the_verifier_refuses_is_reported_in_the_verifier_s_words()
    {
        using var node = new TestNode();
        var elf = NodeDatapath.EmbeddedObject(InterfaceRole.Pod);
        BitConverter.TryWriteBytes(new ElfObject(elf).Section("tc"), 0x95UL); // exit at once: no return value
        var failure = Assert.Throws<KernelException>(() => node.Namespace.Run(() => NodeDatapath.Open(node.Options, _ => elf)));
        Assert.Contains("object pod.bpf.o: load", failure.Message);
        Assert.True(failure.Message.Contains("unreachable insn 1", StringComparison.Ordinal), failure.Message);
    }

    [Fact]
    public void An_object_that_is_none_is_refused_by_name()
    {
        using var node = new TestNode();
        var failure = Assert.Throws<KernelException>(() => node.Namespace.Run(() => NodeDatapath.Open(node.Options, _ => new byte[100])));
        Assert.Contains("object pod.bpf.o: open", failure.Message);
    }

    [Fact]
    public void A_constant_of_another_size_is_refused_and_one_of_the_right_size_is_taken()
    {
        using var bpfObject = BpfObject.Open("pod", NodeDatapath.EmbeddedObject(InterfaceRole.Pod));
        bpfObject.SetConstant("config", new DatapathConfig { WorldIpv4Identity = 2 });
        Assert.Contains("constant config", Assert.Throws<KernelException>(() => bpfObject.SetConstant("config", 1u)).Message);
        Assert.Contains("no constant absent", Assert.Throws<KernelException>(() => bpfObject.SetConstant("absent", 1u)).Message);
    }

    [Theory]
    [InlineData(1000u)]
    [InlineData(2048u)]
    public void An_event_ring_of_an_impossible_size_is_refused_before_anything_is_made(uint bytes)
    {
        using var node = new TestNode();
        Assert.Contains("EventRingBytes", Assert.Throws<KernelException>(() => node.Open(node.Options with { EventRingBytes = bytes })).Message);
        Assert.False(Directory.Exists(node.Options.BpfRoot));
    }

    [Fact]
    public void Removing_leaves_no_pin_no_mount_and_no_attachment()
    {
        using var node = new TestNode();
        var (_, link) = node.AddPod();
        using (var datapath = node.Open())
        {
            node.Namespace.Run(() => datapath.Attach(link.Index));
        }

        node.Namespace.Run(() => NodeDatapath.Remove(node.Options));
        Assert.False(Directory.Exists(node.Options.BpfRoot));
        using var fresh = node.Open();
        Assert.Empty(node.Namespace.Run(() => fresh.AttachedInterfaces()));
        Assert.Empty(fresh.Hosts.Entries());
    }
}
