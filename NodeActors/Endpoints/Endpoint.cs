using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Network;
using Axoneme.Wire.Node;
using Google.Protobuf;

namespace Axoneme.NodeActors.Endpoints;

/// <summary>One attachment of a container on this node. What identifies it never changes; progress makes a new value.</summary>
internal sealed record Endpoint
{
    /// <summary>1–65535, unique on the node while in use.</summary>
    public required ushort Id { get; init; }

    public required string ContainerId { get; init; }

    public required string Namespace { get; init; }

    public required string Pod { get; init; }

    public required string PodUid { get; init; }

    public required PodInterface Interface { get; init; }

    /// <summary>Host side; 0 before the pair is made.</summary>
    public uint Ifindex { get; init; }

    /// <summary>All of it is made; false while ADD is at work.</summary>
    public bool IsReady { get; init; }

    /// <summary>Gone from the node, but the control plane does not know yet.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Whether policy is only reported here, as somebody has decided for this endpoint; null: as the node's option says.</summary>
    public bool? Audit { get; init; }

    /// <summary>The node itself, which has no interface of its own.</summary>
    public bool IsHost => Ifindex == EndpointEntry.HostInterface;

    /// <summary>The node's health endpoint. No container id of a runtime has the slash that its has.</summary>
    public bool IsHealth => ContainerId.StartsWith(HealthPrefix, StringComparison.Ordinal);

    /// <summary>What a health endpoint's container id begins with.</summary>
    public const string HealthPrefix = "cilium-health/";

    /// <summary>Key of the attachment: what CNI calls it by.</summary>
    public (string ContainerId, string IfName) Attachment => (ContainerId, Interface.PodName);

    /// <summary>Key in the local journal: a container attached again is another record.</summary>
    public string JournalKey => $"{ContainerId}/{Interface.PodName}/{Id}";

    /// <summary>Namespace and name of the pod, or the container id where the runtime named no pod; <c>host</c> for the node, <c>cilium-health</c> for its health endpoint.</summary>
    public string Name => IsHost ? "host" : IsHealth ? "cilium-health" : Pod.Length > 0 ? $"{Namespace}/{Pod}" : ContainerId;

    /// <summary>The node itself.</summary>
    public static Endpoint Host(ushort id) => new()
    {
        Id = id,
        ContainerId = "",
        Namespace = "",
        Pod = "",
        PodUid = "",
        Interface = new PodInterface("", "", "", default, default, null, null, 0),
        Ifindex = EndpointEntry.HostInterface,
        IsReady = true,
    };

    public LocalEndpoint ToRecord() => new()
    {
        Id = Id,
        ContainerId = ContainerId,
        PodInterface = Interface.PodName,
        HostInterface = Interface.HostName,
        Netns = Interface.Netns,
        Namespace = Namespace,
        Pod = Pod,
        PodUid = PodUid,
        Mac = ByteString.CopyFrom(Interface.Mac.ToArray()),
        HostMac = ByteString.CopyFrom(Interface.HostMac.ToArray()),
        Ipv4 = Interface.Ipv4?.ToString() ?? "",
        Ipv6 = Interface.Ipv6?.ToString() ?? "",
        Mtu = (uint)Interface.Mtu,
        Removed = IsRemoved,
        Audit = Audit switch
        {
            true => LocalAudit.Enabled,
            false => LocalAudit.Disabled,
            null => LocalAudit.AsNode,
        },
    };

    /// <summary>What a record says of <see cref="Audit"/>.</summary>
    public static bool? AuditOf(LocalEndpoint record) => record.Audit switch
    {
        LocalAudit.Enabled => true,
        LocalAudit.Disabled => false,
        _ => null,
    };

    public static Endpoint FromRecord(LocalEndpoint record) => new()
    {
        Id = (ushort)record.Id,
        ContainerId = record.ContainerId,
        Namespace = record.Namespace,
        Pod = record.Pod,
        PodUid = record.PodUid,
        Interface = new PodInterface(
            record.HostInterface, record.PodInterface, record.Netns, MacAddress.From(record.Mac.Span), MacAddress.From(record.HostMac.Span),
            record.Ipv4.Length > 0 ? IPAddress.Parse(record.Ipv4) : null, record.Ipv6.Length > 0 ? IPAddress.Parse(record.Ipv6) : null, (int)record.Mtu),
        IsReady = true,
        IsRemoved = record.Removed,
        Audit = AuditOf(record),
    };

    public EndpointReport ToReport(string node) => new()
    {
        Node = node,
        EndpointId = Id,
        Namespace = Namespace,
        Pod = Pod,
        ContainerId = ContainerId,
        Addresses = { Interface.Addresses.Select(address => address.ToString()) },
        InterfaceName = Interface.HostName,
        Removed = IsRemoved,
    };
}
