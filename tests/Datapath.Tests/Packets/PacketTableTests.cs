using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Runs the packet table: every case for every family it speaks of, through the programs in the kernel.</summary>
public sealed class PacketTableTests(PacketFixture fixture) : IClassFixture<PacketFixture>
{
    private static readonly Dictionary<string, PacketCase> Cases =
        new[] { PolicyCases.All, ConntrackCases.All, SpoofingCases.All, AuditSwitchCases.All, ParsingCases.All, HeaderCases.All, FragmentCases.All, IcmpErrorCases.All, ConnectionLifeCases.All }.SelectMany(cases => cases).ToDictionary(row => row.Sentence);

    public static TheoryData<string, string> Table()
    {
        var table = new TheoryData<string, string>();
        foreach (var row in Cases.Values)
        {
            foreach (var family in new[] { PacketFamilies.IPv4, PacketFamilies.IPv6 }.Where(family => row.Families.HasFlag(family)))
            {
                table.Add(row.Sentence, family.ToString());
            }
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Packet(string sentence, string family) =>
        fixture.Run(family == nameof(PacketFamilies.IPv6), world => Cases[sentence].Run(world));

    [Fact]
    public void Forwarded_and_dropped_packets_are_counted_by_reason_and_direction() => fixture.Run(ipv6: false, world =>
    {
        var forwarded = world.Counter(0);
        var dropped = world.Counter((uint)DropReason.Policy << 1);
        world.FromClient(world.Tcp(1, 2, TcpFlags.Syn)).IsDropped(DropReason.Policy);
        world.AllowClientToServer(PacketWorld.Class(PacketBuilder.Tcp, 2));
        world.FromClient(world.Tcp(1, 2, TcpFlags.Syn)).IsDelivered();
        Assert.Equal((forwarded + 1, dropped + 1), (world.Counter(0), world.Counter((uint)DropReason.Policy << 1)));
    });

    [Fact]
    public void A_full_event_ring_loses_events_and_counts_them_and_no_packet() => fixture.Run(ipv6: false, world =>
    {
        const uint eventsLost = 512;
        world.AllowClientToServer(PacketWorld.Class(PacketBuilder.Tcp, 80));
        var before = world.Counter(eventsLost);
        fixture.FillEventRing(world);
        Assert.True(world.Counter(eventsLost) > before);
        world.FromClient(world.Tcp(9, 80, TcpFlags.Syn)).IsDelivered();
    });
}
