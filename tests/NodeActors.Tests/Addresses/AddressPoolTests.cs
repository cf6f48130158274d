using System.Net;
using Axoneme.NodeActors.Addresses;

namespace Axoneme.NodeActors.Tests.Addresses;

public class AddressPoolTests
{
    [Fact]
    public void Network_router_and_broadcast_are_never_given()
    {
        var pool = new AddressPool(IPNetwork.Parse("10.0.0.0/29"));
        var given = Enumerable.Range(0, 5).Select(_ => pool.Allocate().ToString()).ToArray();
        Assert.Equal(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"], given);
        Assert.Equal("10.0.0.1", pool.Router.ToString());
        var full = Assert.Throws<AddressPoolExhaustedException>(() => pool.Allocate());
        Assert.Contains("pod CIDR 10.0.0.0/29: all 5 addresses are in use", full.Message);
    }

    [Fact]
    public void A_released_address_comes_back_last()
    {
        var pool = new AddressPool(IPNetwork.Parse("10.0.0.0/29"));
        var first = pool.Allocate();
        Assert.True(pool.Release(first));
        for (var i = 0; i < 4; i++)
        {
            Assert.NotEqual(first, pool.Allocate());
        }

        Assert.Equal(first, pool.Allocate());
    }

    [Fact]
    public void A_block_of_ipv6_has_room_for_everybody_and_says_so()
    {
        var pool = new AddressPool(IPNetwork.Parse("fd00::/48"));
        Assert.Equal("fd00::2", pool.Allocate().ToString());
        Assert.Equal(ulong.MaxValue, pool.View.Capacity);
        Assert.Equal(1ul, pool.View.InUse);
    }

    [Theory]
    [InlineData("10.0.0.0/31")]
    [InlineData("10.0.0.1/32")]
    [InlineData("fd00::/127")]
    public void A_block_without_room_for_a_pod_is_refused(string network) =>
        Assert.Contains(network, Assert.Throws<NodeAgentException>(() => new AddressPool(IPNetwork.Parse(network))).Message);

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("10.0.0.255")]
    [InlineData("10.0.1.5")]
    [InlineData("fd00::5")]
    public void What_is_not_the_pools_to_give_cannot_be_reserved(string address) =>
        Assert.False(new AddressPool(IPNetwork.Parse("10.0.0.0/24")).Reserve(IPAddress.Parse(address)));

    [Fact]
    public void A_reserved_address_is_not_given_again()
    {
        var pool = new AddressPool(IPNetwork.Parse("10.0.0.0/29"));
        Assert.True(pool.Reserve(IPAddress.Parse("10.0.0.3")));
        Assert.False(pool.Reserve(IPAddress.Parse("10.0.0.3")));
        var rest = Enumerable.Range(0, 4).Select(_ => pool.Allocate().ToString()).ToHashSet();
        Assert.DoesNotContain("10.0.0.3", rest);
        Assert.Equal(4, rest.Count);
    }

    /// <summary>Any order of giving, taking back and crashing, where a crash keeps exactly what was journaled.</summary>
    [Fact]
    public void No_address_is_ever_given_twice_over_random_adds_deletes_and_crashes()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var network = IPNetwork.Parse(seed % 2 == 0 ? "10.0.0.0/27" : "fd00::/122");
            var pool = new AddressPool(network);
            var inUse = new HashSet<IPAddress>();
            for (var step = 0; step < 300; step++)
            {
                switch (random.Next(10))
                {
                    case < 6 when (ulong)inUse.Count < pool.View.Capacity:
                        var given = pool.Allocate();
                        Assert.True(inUse.Add(given), $"seed {seed}, step {step}: {given} was given twice");
                        Assert.True(network.Contains(given) && !given.Equals(pool.Router));
                        break;
                    case < 9 when inUse.Count > 0:
                        var released = inUse.ElementAt(random.Next(inUse.Count));
                        Assert.True(pool.Release(released));
                        inUse.Remove(released);
                        break;
                    case 9:
                        pool = new AddressPool(network);
                        Assert.All(inUse, address => Assert.True(pool.Reserve(address)));
                        break;
                }

                Assert.Equal((ulong)inUse.Count, pool.View.InUse);
            }
        }
    }
}
