using System.Diagnostics;
using System.Net;
using Axoneme.NodeActors.Identities;
using Axoneme.NodeActors.Local;
using Axoneme.Persistence.InMemory;
using Axoneme.Policy;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Identities;

public sealed class PrefixIdentitiesTests : IAsyncLifetime
{
    private readonly LocalStore _store = new(new InMemoryJournal(), TimeProvider.System, NullLogger<LocalStore>.Instance);
    private readonly PrefixIdentities _identities;

    public PrefixIdentitiesTests()
    {
        _store.Start();
        _identities = new PrefixIdentities(_store, []);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData("203.0.113.128/25", "203.0.113.0/24")]
    [InlineData("203.0.113.255/32", "203.0.113.0/24")]
    [InlineData("203.0.113.0/24", "203.0.0.0/16")]
    [InlineData("203.0.114.0/24", "203.0.0.0/16")]
    [InlineData("204.0.0.0/8", "128.0.0.0/1")]
    [InlineData("10.0.0.0/8", null)]
    [InlineData("2001:db8:0:1::/64", "2001:db8::/32")]
    [InlineData("2001:db9::/32", null)]
    public void The_next_wider_prefix_of_the_family_encloses(string prefix, string? wider)
    {
        string[] prefixes = ["128.0.0.0/1", "203.0.0.0/16", "203.0.113.0/24", "2001:db8::/32"];
        _identities.Update(prefixes.Select(IPNetwork.Parse));
        var network = IPNetwork.Parse(prefix);
        var world = prefix.Contains(':') ? ReservedIdentity.WorldIPv6 : ReservedIdentity.WorldIPv4;
        Assert.Equal(wider is null ? world : _identities.Numbers[IPNetwork.Parse(wider)], _identities.EnclosingIdentity(network));
    }

    [Fact]
    public void A_leaving_prefix_encloses_until_it_is_forgotten()
    {
        var (wide, narrow) = (IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("203.0.113.0/25"));
        var number = Assert.Single(_identities.Update([wide])).Key;
        _identities.Update([narrow]);
        Assert.Equal(number, _identities.EnclosingIdentity(narrow));
        Assert.Equal([number], _identities.Forget());
        Assert.Equal(ReservedIdentity.WorldIPv4, _identities.EnclosingIdentity(narrow));
    }

    [Fact]
    public void Numbers_and_enclosing_prefixes_of_tens_of_thousands_are_found_at_once()
    {
        var clock = Stopwatch.StartNew();
        Give(10);
        Give(11);
        Give(10);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
        Assert.Equal(20_000, _identities.Forget().Count);
    }

    private void Give(int octet)
    {
        foreach (var (_, prefix) in _identities.Update(Enumerable.Range(0, 20_000).Select(i => IPNetwork.Parse($"{octet}.{i / 256}.{i % 256}.0/24"))))
        {
            Assert.Equal(ReservedIdentity.WorldIPv4, _identities.EnclosingIdentity(prefix));
        }
    }
}
