using System.Net;
using System.Net.Sockets;
using Axoneme.Wire.Journal;
using Axoneme.Wire.Node;

namespace Axoneme.ControlPlane.Services;

/// <summary>What of a node matters for its pods as backends.</summary>
/// <param name="Zone">Empty when it has none.</param>
/// <param name="IPv4">The address that pods in its network have, null when it has none.</param>
/// <param name="IPv6">The same of the other family.</param>
internal sealed record BackendNode(string Zone, string? IPv4, string? IPv6)
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <summary>One that nothing is known of.</summary>
    public static BackendNode Unknown { get; } = new("", null, null);

    public static BackendNode Of(NodeState state) => state.Registration is not { } node ? Unknown : new BackendNode(
        node.Labels.GetValueOrDefault(ZoneLabel, ""), Address(node, node.NodeIpv4, AddressFamily.InterNetwork), Address(node, node.NodeIpv6, AddressFamily.InterNetworkV6));

    /// <summary>The one that others reach it by, else the first that is not of its pods' blocks, where its routers' are.</summary>
    private static string? Address(NodeRegistration node, string named, AddressFamily family)
    {
        if (named.Length > 0)
        {
            return named;
        }
        var blocks = node.PodCidrs.Select(text => IPNetwork.TryParse(text, out var block) ? block : (IPNetwork?)null).OfType<IPNetwork>().ToArray();
        return node.Addresses.FirstOrDefault(text => IPAddress.TryParse(text, out var address) && address.AddressFamily == family && !blocks.Any(block => block.Contains(address)));
    }
}
