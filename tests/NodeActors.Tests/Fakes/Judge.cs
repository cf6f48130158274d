using System.Net;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.Policy;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>Looks a verdict up in the maps as the programs do.</summary>
internal static class Judge
{
    /// <summary>The identity of an address by what the ipcache holds.</summary>
    public static uint IdentityOf(this InMemoryDatapath kernel, string text)
    {
        var address = IPAddress.Parse(text);
        return kernel.Hosts.TryGet(IpAddressKey.From(address), out var host) ? host.Identity
            : kernel.Prefixes.Entries().Where(entry => entry.Key.ToIPNetwork().Contains(address)).OrderByDescending(entry => entry.Key.ToIPNetwork().PrefixLength)
                .Select(entry => entry.Value.Identity).FirstOrDefault(text.Contains(':') ? ReservedIdentity.WorldIPv6 : ReservedIdentity.WorldIPv4);
    }

    /// <summary>Whether traffic between an endpoint and a peer passes, and the rule that decides.</summary>
    /// <param name="kernel">The maps.</param>
    /// <param name="ifindex">Key of the endpoint's record.</param>
    /// <param name="direction">Seen from the endpoint.</param>
    /// <param name="peer">The peer's identity.</param>
    /// <param name="trafficClass">The traffic.</param>
    public static (bool Passes, uint Rule) Of(InMemoryDatapath kernel, uint ifindex, TrafficDirection direction, uint peer, uint trafficClass)
    {
        Assert.True(kernel.Endpoints.TryGet(ifindex, out var endpoint), $"map endpoints has no entry for {ifindex}");
        if ((endpoint.Flags & (direction == TrafficDirection.Ingress ? EndpointFlags.IngressEnforced : EndpointFlags.EgressEnforced)) == 0)
        {
            return (true, ImplicitRule.NotEnforced);
        }

        if (kernel.Policy.TryGet(PolicyKey.Of(endpoint.PolicyId, direction, peer), out var entry) || kernel.Policy.TryGet(PolicyKey.Of(endpoint.PolicyId, direction, 0), out entry))
        {
            for (var i = 0u; i < entry.Count; i++)
            {
                var range = entry.Only;
                Assert.True(entry.Count == 1 || kernel.PolicyRanges.TryGet(entry.First + i, out range), "the range is there");
                if (range.Low <= trafficClass && trafficClass <= range.High)
                {
                    return (range.Verdict != 0, range.Rule);
                }
            }
        }

        return (false, ImplicitRule.None);
    }
}
