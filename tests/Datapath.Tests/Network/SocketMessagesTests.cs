using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Network;

/// <summary>What is said to the kernel about sockets and what it answers, byte by byte as linux/inet_diag.h has it.</summary>
public class SocketMessagesTests
{
    private const string Id =
        "9C40 14E9"                          // ports 40000 and 5353
        + "0A000007 00000000 00000000 00000000"
        + "0A000108 00000000 00000000 00000000"
        + "03000000 78563412 01000000";       // interface 3, cookie 0x1_12345678

    [Fact]
    public void A_family_is_asked_for_its_connected_udp_sockets() => Assert.Equal(
        Bytes("48000000 1400 0103 01000000 00000000" + "0A 11 00 00 02000000" + new string('0', 96)), SocketMessages.List(NetlinkConstants.FamilyIPv6).Written.ToArray());

    [Fact]
    public void A_socket_is_ended_under_everything_that_the_kernel_told_of_it()
    {
        var socket = SocketMessages.Read(Told("02", Id));
        Assert.Equal(Bytes("48000000 1500 0500 01000000 00000000" + "02 11 00 00 02000000" + Id), SocketMessages.Destroy(socket).Written.ToArray());
    }

    [Theory]
    [InlineData("02", "0A000108 00000000 00000000 00000000", "10.0.1.8")]
    [InlineData("0A", "00000000 00000000 0000FFFF 0A000108", "10.0.1.8")]
    [InlineData("0A", "FD000000 00000000 00000000 00000008", "fd00::8")]
    public void A_peer_is_what_programs_remember_it_by_whatever_the_sockets_family(string family, string address, string peer) => Assert.Equal(
        new SocketPeerKey(0x1_12345678, IpAddressKey.From(IPAddress.Parse(peer)), 0xE914) { Protocol = 17 },
        SocketMessages.Read(Told(family, Id.Replace("0A000108 00000000 00000000 00000000", address, StringComparison.Ordinal))).Peer);

    [Fact]
    public void A_socket_with_another_cookie_or_peer_is_another_one()
    {
        var chosen = new HashSet<SocketPeerKey> { SocketMessages.Read(Told("02", Id)).Peer };
        Assert.Contains(SocketMessages.Read(Told("02", Id)).Peer, chosen);
        foreach (var (part, other) in new[] { ("78563412", "79563412"), ("01000000", "02000000"), ("14E9", "14EA"), ("0A000108", "0A000109") })
        {
            Assert.DoesNotContain(SocketMessages.Read(Told("02", Id.Replace(part, other, StringComparison.Ordinal))).Peer, chosen);
        }
    }

    [Fact]
    public void A_socket_that_is_told_too_shortly_or_of_another_family_is_an_error()
    {
        var whole = Told("02", Id);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Contains($"told in {length} bytes", Assert.Throws<KernelException>(() => SocketMessages.Read(whole.AsSpan(0, length))).Message, StringComparison.Ordinal);
        }

        Assert.Contains("family 1 ", Assert.Throws<KernelException>(() => SocketMessages.Read(Told("01", Id))).Message, StringComparison.Ordinal);
        Assert.Equal(SocketMessages.Read(whole), SocketMessages.Read([.. whole, 1, 2, 3, 4])); // a later kernel says more
    }

    private static byte[] Told(string family, string id) => Bytes(family + "01 00 00" + id + new string('0', 40));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
