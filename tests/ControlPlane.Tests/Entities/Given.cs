using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Identities;
using Axoneme.ControlPlane.Entities.Namespaces;
using Axoneme.ControlPlane.Entities.Nodes;
using Axoneme.ControlPlane.Entities.Policies;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.ControlPlane.Entities.Settings;
using Axoneme.Wire.Journal;
using Axoneme.Wire.Node;

namespace Axoneme.ControlPlane.Tests.Entities;

/// <summary>The objects tests speak of.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static IEntityKind[] Kinds(int shards = 4, uint clusterId = 0) =>
    [
        new IdentityAllocatorKind(new IdentitySpace(clusterId)),
        new IdentityShardKind(),
        new EndpointKind(new IdentityShards(shards)),
        new PolicyKind(),
        new NamespaceKind(),
        new NodeKind(),
        new SettingKind(),
        new ServiceAddressesKind(ServiceAddressSpace.Default),
        new ServiceKind(),
        new EndpointSliceKind(),
    ];

    public static string[] Labels(string app) => ["k8s:app=" + app, "k8s:io.kubernetes.pod.namespace=default"];

    public static DesiredPod Pod(string name, string app, string node = "") =>
        new() { Namespace = "default", Name = name, Labels = { Labels(app) }, Node = node, Source = "file:pods.yaml#1" };

    public static EndpointReport Report(string pod, string container, string address, bool removed = false) => new()
    {
        Node = "node-1", Namespace = "default", Pod = pod, ContainerId = container, Addresses = { address }, Removed = removed,
    };
}
