using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Attachment;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Attachment;

/// <summary>Both ways to attach, each with real packets over a veth pair.</summary>
public class AttachmentTests
{
    private const int Port = Traffic.Port;
    private static readonly MacAddress _mac = MacAddress.Parse("02:00:00:00:00:01");

    [Fact]
    public void This_kernel_has_tcx() => Assert.True(KernelFeatures.Tcx, "tests need Linux 6.6 to cover tcx");

    [Theory]
    [InlineData("tcx")]
    [InlineData("clsact")]
    public void A_verdict_holds_in_both_directions_and_ends_with_detach(string kind)
    {
        using var node = new TestNode();
        using var pins = PinDirectory.Open(node.Options.BpfRoot);
        var (pod, link) = node.AddPod();
        Assert.True(Traffic.Reaches(node.Namespace, pod, "10.9.0.2"));

        var dropFromPod = Attachment(kind, pins, fromPod: TestPrograms.Drop, toPod: TestPrograms.Pass);
        node.Namespace.Run(() => dropFromPod.Attach(link.Index));
        Assert.True(Traffic.StaysOut(pod, node.Namespace, "10.9.0.1"));
        Assert.Equal([link.Index], node.Namespace.Run(dropFromPod.Interfaces));

        // Another set of programs in the place of the first.
        var dropToPod = Attachment(kind, pins, fromPod: TestPrograms.Pass, toPod: TestPrograms.Drop);
        node.Namespace.Run(() => dropToPod.Attach(link.Index));
        Assert.True(Traffic.Reaches(pod, node.Namespace, "10.9.0.1"));
        Assert.True(Traffic.StaysOut(node.Namespace, pod, "10.9.0.2"));

        node.Namespace.Run(() => dropToPod.Detach(link.Index));
        Assert.True(Traffic.Reaches(node.Namespace, pod, "10.9.0.2"));
        Assert.Empty(node.Namespace.Run(dropToPod.Interfaces));
        node.Namespace.Run(() => dropToPod.Detach(link.Index));
    }

    [Theory]
    [InlineData("tcx")]
    [InlineData("clsact")]
    public async Task Replacing_programs_lets_no_packet_pass_unjudged(string kind)
    {
        using var node = new TestNode();
        using var pins = PinDirectory.Open(node.Options.BpfRoot);
        var (pod, link) = node.AddPod();
        var one = Attachment(kind, pins, TestPrograms.Drop, TestPrograms.Drop);
        var other = Attachment(kind, pins, TestPrograms.Drop, TestPrograms.Drop);
        node.Namespace.Run(() => one.Attach(link.Index));

        using var receiver = pod.Run(() => Traffic.Receiver(IPAddress.Parse("10.9.0.2")));
        using var sender = node.Namespace.Run(() => new UdpClient(AddressFamily.InterNetwork));
        using var stop = new CancellationTokenSource();
        const int Replacements = 100, Packets = 1000;
        var sent = 0;
        var flood = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                sender.Send([1], 1, "10.9.0.2", Port);
                Interlocked.Increment(ref sent);
            }
        });
        node.Namespace.Run(() =>
        {
            for (var i = 0; i < Replacements || Volatile.Read(ref sent) < Packets; i++)
            {
                (i % 2 == 0 ? other : one).Attach(link.Index);
            }
        });
        await stop.CancelAsync();
        await flood;
        Assert.Equal(0, receiver.Available);
    }

    [Theory]
    [InlineData("tcx")]
    [InlineData("clsact")]
    public void An_interface_that_is_gone_can_be_detached_and_its_number_used_again(string kind)
    {
        using var node = new TestNode();
        using var pins = PinDirectory.Open(node.Options.BpfRoot);
        using var routes = RouteSocket.OpenIn(node.Namespace);
        var first = routes.CreateVeth(new VethPair { Name = "a", Mac = _mac, PeerName = "b", PeerMac = _mac }).Index;
        var attachment = Attachment(kind, pins, TestPrograms.Pass, TestPrograms.Pass);
        node.Namespace.Run(() => attachment.Attach(first));
        routes.DeleteLink(first);
        Assert.Empty(node.Namespace.Run(attachment.Interfaces));

        // The stale pin must not stand in the way of whoever gets the number next.
        var batch = new RouteBatch();
        batch.Begin("create an interface with a chosen number", NetlinkConstants.NewLink, NetlinkConstants.Create)
            .Body(new NetlinkBodies.Link { Index = first })
            .Attribute(NetlinkConstants.LinkName, "c")
            .Nest(NetlinkConstants.LinkDetails, details => details.Attribute(NetlinkConstants.LinkKind, "veth"));
        routes.Execute(batch);
        node.Namespace.Run(() => attachment.Attach(first));
        Assert.Equal([first], node.Namespace.Run(attachment.Interfaces));

        routes.DeleteLink(first);
        node.Namespace.Run(() => attachment.Detach(first));
        Assert.Empty(Directory.GetFiles(pins.Links));
    }

    [Theory]
    [InlineData("tcx")]
    [InlineData("clsact")]
    public void Attaching_to_no_interface_fails_with_its_number(string kind)
    {
        using var node = new TestNode();
        using var pins = PinDirectory.Open(node.Options.BpfRoot);
        var attachment = Attachment(kind, pins, TestPrograms.Pass, TestPrograms.Pass);
        var failure = Assert.Throws<KernelException>(() => node.Namespace.Run(() => attachment.Attach(4242)));
        Assert.Contains("interface 4242", failure.Message);
    }

    [Fact]
    public void Grace_periods_are_expedited_while_anybody_attaches_and_not_after()
    {
        const string setting = "/sys/kernel/rcu_expedited";
        using (ExpeditedGracePeriods.Hold())
        {
            ExpeditedGracePeriods.Hold().Dispose();
            Assert.Equal("1", File.ReadAllText(setting).TrimEnd());
        }

        // Tests beside this one attach too: it ends when the last of them does.
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(setting).TrimEnd() == "0", TimeSpan.FromSeconds(10)), $"{setting} is still 1; was it so before?");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_restart_takes_over_what_is_attached_whichever_way_it_was(bool clsactBefore, bool clsactAfter)
    {
        using var node = new TestNode();
        var (_, link) = node.AddPod();
        using (var before = node.Open(node.Options with { ForceClsact = clsactBefore }))
        {
            node.Namespace.Run(() => before.Attach(link.Index));
        }

        using var after = node.Open(node.Options with { ForceClsact = clsactAfter });
        Assert.Equal(!clsactAfter, after.UsesTcx);
        Assert.Equal([link.Index], node.Namespace.Run(() => after.AttachedInterfaces()));
        Assert.Equal(clsactAfter ? 0 : 2, Directory.GetFiles($"{node.Options.BpfRoot}/links").Length);
        node.Namespace.Run(() => after.Detach(link.Index));
        Assert.Empty(node.Namespace.Run(() => after.AttachedInterfaces()));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void One_program_that_a_kill_left_alone_is_taken_over_too(bool clsactBefore, bool clsactAfter)
    {
        using var node = new TestNode();
        var (_, link) = node.AddPod();
        using (var before = node.Open(node.Options with { ForceClsact = clsactBefore }))
        {
            node.Namespace.Run(() => before.Attach(link.Index, InterfaceRole.Device));
        }

        var clsact = new ClsactAttachment(new InterfacePrograms(InterfaceRole.Device, TestPrograms.Returning(0), TestPrograms.Returning(0)), node.Options.BpfRoot);
        if (clsactBefore)
        {
            using var routes = RouteSocket.OpenIn(node.Namespace);
            Assert.True(TrafficControl.DeleteOurs(routes, link.Index, TrafficHook.Egress, clsact.FilterName(InterfacePrograms.ToNameOf(InterfaceRole.Device))));
        }
        else
        {
            File.Delete($"{node.Options.BpfRoot}/links/{link.Index}_to_netdev");
        }

        using var after = node.Open(node.Options with { ForceClsact = clsactAfter });
        Assert.Equal([link.Index], node.Namespace.Run(() => after.AttachedInterfaces(InterfaceRole.Device)));
        node.Namespace.Run(() => after.Detach(link.Index, InterfaceRole.Device));
        Assert.Empty(node.Namespace.Run(clsact.PartlyAttached));
        Assert.Empty(Directory.GetFiles($"{node.Options.BpfRoot}/links"));
    }

    private static IAttachment Attachment(string kind, PinDirectory pins, int fromPod, int toPod)
    {
        var programs = new InterfacePrograms(InterfaceRole.Pod, TestPrograms.Returning(fromPod), TestPrograms.Returning(toPod));
        return kind == "tcx" ? new TcxAttachment(programs, pins) : new ClsactAttachment(programs, "/sys/fs/bpf/test");
    }
}
