using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Network;

/// <summary>Datagrams of netlink, whole and damaged.</summary>
public class NetlinkMessagesTests
{
    [Fact]
    public void Messages_of_a_datagram_come_one_by_one()
    {
        var seen = new List<string>();
        NetlinkMessages.ForEach(
            "test", Bytes("13000000 1400 0200 07000000 00000000 AABBCC 00" + "10000000 0300 0200 08000000 00000000"),
            (header, body) => seen.Add($"{header.Type} {header.Sequence} {Convert.ToHexString(body)}"));
        Assert.Equal(["20 7 AABBCC", "3 8 "], seen);
    }

    [Theory]
    [InlineData("0F000000 1400 0200 07000000 00000000", 15)] // less than its header
    [InlineData("00000000 1400 0200 07000000 00000000", 0)]
    [InlineData("15000000 1400 0200 07000000 00000000 AABBCCDD", 21)] // more than came
    [InlineData("FFFFFFFF 1400 0200 07000000 00000000 AABBCCDD", 4294967295)]
    public void A_message_with_a_wrong_length_is_an_error(string datagram, long claimed) => Assert.Contains(
        $"test: a message claims {claimed} bytes", Assert.Throws<KernelException>(() => NetlinkMessages.ForEach("test", Bytes(datagram), (_, _) => { })).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_left_of_a_datagram_after_its_last_message_is_nothing()
    {
        NetlinkMessages.ForEach("test", Bytes("1400"), (_, _) => Assert.Fail("a message of two bytes"));
        NetlinkMessages.ForEach("test", [], (_, _) => Assert.Fail("a message of nothing"));
    }

    [Fact]
    public void An_acknowledgement_says_what_the_kernel_answers()
    {
        Assert.Equal(0, NetlinkMessages.ErrorOf("test", Error, Bytes("00000000")));
        Assert.Equal(95, NetlinkMessages.ErrorOf("test", Error, Bytes("A1FFFFFF")));
        Assert.Equal(2, NetlinkMessages.ErrorOf("test", Done, Bytes("FEFFFFFF")));
        Assert.Equal(0, NetlinkMessages.ErrorOf("test", Done, []));
        Assert.Contains("3 bytes", Assert.Throws<KernelException>(() => NetlinkMessages.ErrorOf("test", Error, Bytes("A1FFFF"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernels_own_words_are_behind_the_request_it_repeats()
    {
        var request = new string('0', 32);
        var told = Error with { Flags = NetlinkConstants.HasTlvs };
        Assert.Equal("no", NetlinkMessages.ErrorTextOf(told, Bytes("A1FFFFFF" + request + "0700 0100 6E6F00 00")));
        Assert.Null(NetlinkMessages.ErrorTextOf(Error, Bytes("A1FFFFFF" + request)));
        Assert.Null(NetlinkMessages.ErrorTextOf(told, Bytes("A1FFFFFF"))); // it promises more than it says
        Assert.Throws<KernelException>(() => NetlinkMessages.ErrorTextOf(told, Bytes("A1FFFFFF" + request + "4000 0100 6E6F0000")));
    }

    private static NetlinkHeader Error => new() { Type = NetlinkConstants.MessageError };

    private static NetlinkHeader Done => new() { Type = NetlinkConstants.MessageDone };

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
