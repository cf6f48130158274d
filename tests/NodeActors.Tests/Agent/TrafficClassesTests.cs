using Axoneme.NodeActors.Api;

namespace Axoneme.NodeActors.Tests.Agent;

public class TrafficClassesTests
{
    [Theory]
    [InlineData(0x000000, 0xFFFFFF, "ANY/ANY")]
    [InlineData(0x060000, 0x06FFFF, "TCP/ANY")]
    [InlineData(0x060050, 0x060050, "TCP/80")]
    [InlineData(0x060050, 0x06005A, "TCP/80-90")]
    [InlineData(0x000000, 0x06004F, "0-5/ANY TCP/0-79")]
    [InlineData(0x060051, 0xFFFFFF, "TCP/81-65535 7-255/ANY")]
    [InlineData(0x060051, 0x110034, "TCP/81-65535 7-16/ANY UDP/0-52")]
    [InlineData(0x060000, 0x07FFFF, "6-7/ANY")]
    [InlineData(0x060001, 0x070001, "TCP/1-65535 7/0-1")]
    public void An_interval_is_told_in_protocols_and_ports(uint low, uint high, string expected) =>
        Assert.Equal(expected, string.Join(' ', TrafficClasses.Split(low, high).Select(part => $"{part.Protocol}/{part.Ports}")));
}
