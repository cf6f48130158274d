namespace Axoneme.Wire.Agent;

/// <summary>A frontend of a service, or of a pod's host port, and the backends behind it.</summary>
/// <param name="Id">The frontend's number; connections remember it.</param>
/// <param name="Frontend">Address, port and protocol: <c>10.96.0.1:443/TCP</c>.</param>
/// <param name="Type">ClusterIP, NodePort, LoadBalancer, ExternalIPs, HostPort.</param>
/// <param name="Name">namespace/name of the service or pod; null for what is left from before a restart.</param>
/// <param name="Flags">Of external, internal, affinity, source-ranges, direct-return.</param>
/// <param name="AffinitySeconds">How long a client stays with its backend, null for not at all.</param>
/// <param name="Backends">Those in a pool, and those that only keep connections.</param>
public sealed record ServiceView(
    uint Id, string Frontend, string Type, string? Name, string Flags, uint? AffinitySeconds, IReadOnlyList<ServiceBackendView> Backends);

/// <summary>A backend as a frontend has it.</summary>
/// <param name="Id">Its key in the kernel.</param>
/// <param name="Address">Address, port and protocol.</param>
/// <param name="State">active, or terminating: it keeps the connections it has.</param>
/// <param name="Inside">Whether clients in the cluster get it.</param>
/// <param name="Outside">Whether clients outside do.</param>
public sealed record ServiceBackendView(uint Id, string Address, string State, bool Inside, bool Outside);

/// <summary>Entry of map <c>services</c> as the kernel holds it now, its pools resolved; null for a pool without backends.</summary>
public sealed record BpfServiceView(uint Frontend, uint Group, string Address, string Flags, BpfPoolView? Inside, BpfPoolView? Outside);

/// <summary>A pool as the kernel holds it now. <paramref name="TableSize"/> is 0 when backends are chosen at random.</summary>
public sealed record BpfPoolView(uint Id, uint TableSize, IReadOnlyList<BpfBackendView> Backends);

/// <summary>Entry of map <c>frontends</c> as the kernel holds it now: what answers seem to come from.</summary>
public sealed record BpfFrontendView(uint Id, string Address);

/// <summary>Entry of map <c>backends</c> as the kernel holds it now.</summary>
public sealed record BpfBackendView(uint Id, string Address, string State);

/// <summary>A pool's table as the kernel holds it now: <paramref name="Table"/> has the key of a backend for every entry.</summary>
public sealed record BpfMaglevView(uint Pool, uint TableSize, string Table);
