using System.Net;

namespace Axoneme.Hubble;

/// <summary>One side of a flow.</summary>
public sealed record FlowEndpoint
{
    /// <summary>The security identity the datapath judged by.</summary>
    public uint Identity { get; init; }

    /// <summary>The identity's labels, <c>source:key=value</c>; empty when the identity is not known (any more).</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The pod that has the address, null when it is no pod's.</summary>
    public FlowPod? Pod { get; init; }

    /// <summary>The address in the packet; null when it was not an IP packet.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The port in the packet; null for protocols without ports.</summary>
    public ushort? Port { get; init; }

    /// <summary>The endpoint's number on this node, 0 when it is not of this node.</summary>
    public ushort EndpointId { get; init; }
}
