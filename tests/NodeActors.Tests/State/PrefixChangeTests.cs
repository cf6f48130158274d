using System.Collections.Concurrent;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.State;

/// <summary>What a packet meets between any two writes while the prefixes that policies name change.</summary>
public sealed class PrefixChangeTests : IAsyncLifetime
{
    private const string Everybody = "\"ingress\":[{\"fromEntities\":[\"all\"]}]";
    private readonly TestNode _node = new();

    public async Task InitializeAsync()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Records.Identity(100, "web"), Records.Pod("web-0", "web", 100));
        await _node.AddAsync("c1", "web-0");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData("203.0.113.0/24", "203.0.113.0/25")]
    [InlineData("203.0.113.0/25", "203.0.113.0/24")]
    [InlineData("203.0.0.0/16", "203.0.113.5/32")]
    public async Task An_address_denied_before_and_after_never_passes_in_between(string before, string after)
    {
        await ChangeAsync(Denying(before), Denying(after), expected: false);
    }

    [Theory]
    [InlineData("203.0.113.0/24", "203.0.113.0/25")]
    [InlineData("203.0.113.0/25", "203.0.113.0/24")]
    public async Task An_address_excepted_before_and_after_never_passes_in_between(string before, string after)
    {
        await ChangeAsync(Excepting(before), Excepting(after), expected: false);
    }

    [Theory]
    [InlineData("203.0.113.0/24", "203.0.113.0/25")]
    [InlineData("203.0.113.0/25", "203.0.113.0/24")]
    public async Task An_address_allowed_before_and_after_is_never_refused_in_between(string before, string after)
    {
        await ChangeAsync(Allowing(before), Allowing(after), expected: true);
    }

    [Fact]
    public async Task A_prefix_stays_while_a_policy_that_names_it_cannot_be_replaced()
    {
        await _node.PublishAsync(Policy(Denying("203.0.113.0/24")));
        Assert.False(Passes("203.0.113.5"));
        _node.Datapath.PolicyCapacity = (uint)_node.Kernel.Policy.Entries().Count();
        _node.ControlPlane.Publish(Policy($$"""{{Everybody}},"ingressDeny":[{"fromCIDR":["198.51.100.0/24","192.0.2.0/24"]}]"""));
        await Eventually.IsTrue(() => _node.Endpoint("c1").Problem?.Contains("map policy is full", StringComparison.Ordinal) == true && _node.Kernel.Prefixes.Count == 3, "the new policy does not fit");
        Assert.False(Passes("203.0.113.5"));

        _node.Datapath.PolicyCapacity = 0;
        await _node.PublishAsync(Records.Identity(101, "other"));
        await Eventually.IsTrue(() => Passes("203.0.113.5") && !Passes("198.51.100.1") && _node.Kernel.Prefixes.Count == 2, "the new policy is in force and the old prefix gone");
    }

    private static string Denying(string cidr) => $$"""{{Everybody}},"ingressDeny":[{"fromCIDR":["{{cidr}}"]}]""";

    private static string Excepting(string cidr) => $$"""
        "ingress":[{"fromCIDRSet":[{"cidr":"0.0.0.0/0","except":["{{cidr}}"]}]}]
        """;

    private static string Allowing(string cidr) => $$"""
        "ingress":[{"fromCIDR":["{{cidr}}"]}]
        """;

    /// <summary>Changes the policy on web-0 and asks after every write whether 203.0.113.5 passes.</summary>
    private async Task ChangeAsync(string before, string after, bool expected)
    {
        await _node.PublishAsync(Policy(before));
        Assert.Equal(expected, Passes("203.0.113.5"));
        Assert.NotEqual(expected, Passes("198.51.100.1"));
        var seen = new ConcurrentQueue<(string Operation, bool Passes)>();
        _node.Datapath.After = operation => seen.Enqueue((operation, Passes("203.0.113.5")));
        await _node.PublishAsync(Policy(after));
        await Eventually.IsTrue(() => _node.Kernel.Prefixes.Count == 1 && seen.Any(s => s.Operation == "delete prefixes"), "the old prefix is gone");
        Assert.Contains(seen, s => s.Operation == "put prefixes");
        Assert.DoesNotContain(seen, s => s.Passes != expected);
        Assert.Equal(expected, Passes("203.0.113.5"));
    }

    private static Axoneme.Wire.State.Record Policy(string rules) => Records.Document(
        "CiliumNetworkPolicy", "p",
        $$$"""{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"p","namespace":"default"},"spec":{"endpointSelector":{"matchLabels":{"app":"web"} },{{{rules}}} }}""");

    /// <summary>Whether TCP 80 from an address outside the cluster reaches the one pod.</summary>
    private bool Passes(string address) =>
        Judge.Of(_node.Kernel, _node.Endpoint("c1").Ifindex, TrafficDirection.Ingress, _node.Kernel.IdentityOf(address), 6 << 16 | 80).Passes;
}
