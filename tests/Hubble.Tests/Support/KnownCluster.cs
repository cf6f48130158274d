using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble.Tests.Support;

/// <summary>A cluster of two pods, default/a (10.0.0.1, identity 70001) and default/b (10.0.0.2, identity 70002), with two rules.</summary>
internal sealed class KnownCluster : IFlowMetadata
{
    /// <summary>A pod of this node whose packets bear other addresses than its own.</summary>
    public const ushort SpoofingEndpoint = 666;

    public const uint DenyB = 100;
    public const uint AllowB = 101;

    public string? Nearest { get; set; } = "default/allow-b ingress[0]: wants TCP 80";

    public (TrafficDirection Direction, uint Subject, uint Peer, byte Protocol, ushort Port) AskedNearest { get; private set; }

    public IReadOnlyList<string> LabelsOf(uint identity) => identity switch
    {
        1 => ["reserved:host"],
        2 => ["reserved:world"],
        70001 => ["k8s:app=a"],
        70002 => ["k8s:app=b"],
        _ => [],
    };

    public FlowPod? PodOf(ushort endpointId) => endpointId == SpoofingEndpoint ? new FlowPod("default", "spoofer") : null;

    public FlowPod? PodAt(IPAddress address) => $"{address}" switch
    {
        "10.0.0.1" or "fd00::1" => new FlowPod("default", "a"),
        "10.0.0.2" or "fd00::2" => new FlowPod("default", "b"),
        _ => null,
    };

    public FlowRule? RuleOf(uint ruleId) => ruleId switch
    {
        DenyB => new FlowRule(DenyB, "CiliumNetworkPolicy", "default", "deny-b", "ingressDeny[0]"),
        AllowB => new FlowRule(AllowB, "NetworkPolicy", "default", "allow-b", "ingress[0]"),
        _ => null,
    };

    public string? NearestRule(TrafficDirection direction, uint subject, uint peer, byte protocol, ushort port)
    {
        AskedNearest = (direction, subject, peer, protocol, port);
        return Nearest;
    }
}
