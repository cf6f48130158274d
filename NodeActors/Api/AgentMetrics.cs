using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Hubble;
using Axoneme.NodeActors.Conntrack;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.Health;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.State;
using Axoneme.Policy;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Api;

/// <summary>The agent's metrics, with Cilium's names where it has them (Documentation: "Monitoring &amp; Metrics").</summary>
internal sealed class AgentMetrics(
    NodeAgentOptions options, IDatapath datapath, StateActor state, EndpointService endpoints, ConntrackCollector conntrack, MapPressure pressure, HealthService health)
{
    private static readonly string[] HealthStatuses = ["reachable", "unreachable", "unknown"];
    private static readonly string[] Enforcements = ["none", "ingress", "egress", "both", "audit-ingress", "audit-egress", "audit-both"];
    private static readonly string[] States = ["waiting-for-identity", "regenerating", "ready"];

    /// <summary>All of them, in Prometheus text.</summary>
    public string Write()
    {
        var text = new MetricsText();
        var counters = DatapathCounters.From(datapath.ReadCounters());
        text.Gauge("cilium_version", "Version of the agent").Sample(1, ("version", AgentVersion.Text));
        WriteEndpoints(text);
        WritePackets(text, counters);
        WriteState(text);
        WriteMaps(text);
        WriteAddresses(text);
        WriteConntrack(text);
        WriteHealth(text);
        text.Counter("hubble_lost_events_total", "Number of lost events").Sample(counters.EventsLost, ("source", "kernel_ring_buffer"));
        text.Counter("axoneme_conntrack_rejudged_total", "Open connections judged again after a change").Sample(counters.Rejudged);
        text.Counter("axoneme_conntrack_not_syn_total", "TCP and SCTP packets picked up in the middle of a connection").Sample(counters.ConntrackNotSyn);
        text.Counter("axoneme_conntrack_insert_failed_total", "Connections that found no room in conntrack").Sample(counters.ConntrackInsertFailed);
        text.Counter("axoneme_nat_exhausted_total", "Packets dropped because no port of the node was free towards their destination").Sample(counters.NatExhausted);
        text.Counter("axoneme_driver_forwarded_total", "Packets between clients outside and backends elsewhere that the devices' drivers sent on").Sample(counters.SentOnByDrivers);
        return text.ToString();
    }

    private static string Direction(PacketCount count) => count.Direction == TrafficDirection.Egress ? "EGRESS" : "INGRESS";

    /// <summary>Cilium's word for what policy does at an endpoint.</summary>
    private static string Enforcement(EndpointFlags flags)
    {
        var direction = (flags & (EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced)) switch
        {
            EndpointFlags.None => "none",
            EndpointFlags.IngressEnforced => "ingress",
            EndpointFlags.EgressEnforced => "egress",
            _ => "both",
        };
        return direction != "none" && flags.HasFlag(EndpointFlags.Audit) ? $"audit-{direction}" : direction;
    }

    private void WriteEndpoints(MetricsText text)
    {
        var view = state.View;
        var all = endpoints.Judged;
        text.Gauge("cilium_endpoint", "Number of endpoints managed by this agent").Sample(all.Count);
        text.Gauge("cilium_endpoint_state", "Count of all endpoints, tagged by different endpoint states");
        foreach (var name in States)
        {
            text.Sample(all.Count(e => AgentViews.StateOf(e, view.Endpoints.GetValueOrDefault(e.Id)) == name), ("endpoint_state", name));
        }

        text.Gauge("cilium_policy_endpoint_enforcement_status", "Number of endpoints labeled by policy enforcement status");
        var enforcements = all.Select(e => Enforcement(view.Endpoints.GetValueOrDefault(e.Id)?.Entry.Flags ?? default)).ToArray();
        foreach (var name in Enforcements)
        {
            text.Sample(enforcements.Count(enforcement => enforcement == name), ("enforcement", name));
        }
    }

    private static void WritePackets(MetricsText text, DatapathCounters counters)
    {
        text.Counter("cilium_forward_count_total", "Total forwarded packets, tagged by ingress/egress direction");
        foreach (var count in counters.Forwarded)
        {
            text.Sample(count.Packets, ("direction", Direction(count)));
        }

        text.Counter("cilium_forward_bytes_total", "Total forwarded bytes, tagged by ingress/egress direction");
        foreach (var count in counters.Forwarded)
        {
            text.Sample(count.Bytes, ("direction", Direction(count)));
        }

        text.Counter("cilium_drop_count_total", "Total dropped packets, tagged by drop reason and ingress/egress direction");
        foreach (var count in counters.Dropped)
        {
            text.Sample(count.Packets, ("reason", DropReasons.TextOf(count.Reason)), ("direction", Direction(count)));
        }

        text.Counter("cilium_drop_bytes_total", "Total dropped bytes, tagged by drop reason and ingress/egress direction");
        foreach (var count in counters.Dropped)
        {
            text.Sample(count.Bytes, ("reason", DropReasons.TextOf(count.Reason)), ("direction", Direction(count)));
        }
    }

    private void WriteState(MetricsText text)
    {
        var view = state.View;
        text.Gauge("cilium_policy", "Number of policies currently loaded").Sample(view.State.Policies.Count());
        text.Gauge("cilium_policy_max_revision", "Highest policy revision number in the agent").Sample(view.AppliedRevision);
        text.Gauge("cilium_identity", "Number of identities currently allocated")
            .Sample(ReservedIdentity.All.Count(), ("type", "reserved"))
            .Sample(view.State.Identities.Count, ("type", "cluster_local"))
            .Sample(view.LocalLabels.Keys.Count(number => number >> 24 == 1), ("type", "node_local"))
            .Sample(view.LocalLabels.Keys.Count(number => number >> 24 == 2), ("type", "remote_node"));
        text.Gauge("axoneme_state_revision", "State log revision the agent has received").Sample(view.State.Revision);
        text.Gauge("axoneme_problems", "Things that are not as they should be; see status").Sample(view.Problems.Length);
    }

    private void WriteMaps(MetricsText text)
    {
        var maps = state.MapStatus.ToArray();
        text.Counter("cilium_bpf_map_ops_total", "Total operations on map, tagged by map name");
        foreach (var map in maps)
        {
            text.Sample(map.Puts, ("map_name", map.Name), ("operation", "update"), ("outcome", "success"));
            text.Sample(map.Deletes, ("map_name", map.Name), ("operation", "delete"), ("outcome", "success"));
            text.Sample(map.Failures, ("map_name", map.Name), ("operation", "update"), ("outcome", "fail"));
        }

        text.Gauge("cilium_bpf_map_pressure", "Fill percentage of map, tagged by map name");
        var fills = pressure.Read().Where(map => !map.IsUnused).ToArray();
        Array.ForEach(fills, map => text.Sample(map.Pressure, ("map_name", map.Name)));
        text.Gauge("cilium_bpf_map_capacity", "Capacity of map, tagged by map group");
        Array.ForEach(fills, map => text.Sample(map.Capacity, ("map_group", map.Name)));
        text.Counter("axoneme_bpf_map_drift_total", "Entries that somebody else changed and the agent repaired");
        Array.ForEach(maps, map => text.Sample(map.Drift, ("map_name", map.Name)));
        text.Counter("axoneme_attachment_drift_total", "Endpoints whose programs somebody else detached and the agent attached again").Sample(endpoints.AttachmentDrift);
    }

    private void WriteAddresses(MetricsText text)
    {
        var pools = endpoints.Pools.Select(pool => (Family: pool.Network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "ipv4" : "ipv6", pool.View)).ToArray();
        text.Gauge("cilium_ipam_capacity", "Total number of IPs in the IPAM pool labeled by family");
        Array.ForEach(pools, pool => text.Sample(pool.View.Capacity, ("family", pool.Family)));
        text.Gauge("cilium_ip_addresses", "Number of allocated IP addresses");
        Array.ForEach(pools, pool => text.Sample(pool.View.InUse, ("family", pool.Family)));
    }

    private void WriteHealth(MetricsText text)
    {
        var last = health.Last;
        if (last.ProbedAt is null)
        {
            return;
        }

        text.Gauge("cilium_unreachable_nodes", "Number of nodes that cannot be reached").Sample(last.Nodes.Count(node => !HealthService.AreReachable(node.Host)));
        text.Gauge("cilium_unreachable_health_endpoints", "Number of health endpoints that cannot be reached").Sample(last.Nodes.Count(node => !HealthService.AreReachable(node.Endpoint)));
        text.Gauge("cilium_node_health_connectivity_status", "Number of endpoints with last observed status of both ICMP and HTTP connectivity between the current agent and other nodes");
        foreach (var (type, paths) in new[] { ("node", last.Nodes.Select(node => node.Host)), ("endpoint", last.Nodes.Select(node => node.Endpoint)) })
        {
            var groups = paths.ToLookup(path => path.Count == 0 ? "unknown" : HealthService.AreReachable(path) ? "reachable" : "unreachable");
            foreach (var status in HealthStatuses)
            {
                text.Sample(groups[status].Count(), ("source_cluster", options.ClusterName), ("source_node_name", options.NodeName), ("type", type), ("status", status));
            }
        }

        text.Gauge("axoneme_node_health_latency_seconds", "Last observed latency to a node or its health endpoint; none where there was no answer");
        foreach (var node in last.Nodes)
        {
            foreach (var (type, path) in node.Host.Select(path => ("node", path)).Concat(node.Endpoint.Select(path => ("endpoint", path))))
            {
                foreach (var (protocol, probe) in new[] { ("icmp", path.Icmp), ("http", path.Http) }.Where(pair => pair.Item2.LatencySeconds is not null))
                {
                    text.Sample(probe.LatencySeconds!.Value, ("target_node_name", node.Name), ("type", type), ("address", path.Address), ("protocol", protocol));
                }
            }
        }
    }

    private void WriteConntrack(MetricsText text)
    {
        var last = conntrack.Last;
        text.Counter("cilium_datapath_conntrack_gc_runs_total", "Number of times that the conntrack garbage collector process was run")
            .Sample(last.Runs, ("status", "completed")).Sample(last.Failures, ("status", "uncompleted"));
        text.Gauge("cilium_datapath_conntrack_gc_entries", "The number of alive and deleted conntrack entries at the end of a garbage collector run");
        foreach (var (map, family) in new[] { (last.Conntrack4, "ipv4"), (last.Conntrack6, "ipv6") })
        {
            text.Sample(map.Alive, ("family", family), ("status", "alive")).Sample(map.LastDeleted, ("family", family), ("status", "deleted"));
        }

        text.Gauge("cilium_datapath_nat_gc_entries", "The number of alive and deleted NAT entries at the end of a garbage collector run")
            .Sample(last.Nat.Alive, ("status", "alive")).Sample(last.Nat.LastDeleted, ("status", "deleted"));
        text.Gauge("axoneme_conntrack_gc_interval_seconds", "Time until the next garbage collector run").Sample(last.Interval.TotalSeconds);
        text.Gauge("cilium_datapath_conntrack_gc_duration_seconds", "Duration of the last conntrack garbage collector run").Sample(last.Duration.TotalSeconds);
        text.Counter("axoneme_conntrack_gc_deleted_total", "Entries the garbage collector removed, by map and reason");
        foreach (var map in last.Maps)
        {
            text.Sample(map.Expired, ("map_name", map.Name), ("reason", "expired")).Sample(map.Orphaned, ("map_name", map.Name), ("reason", "orphaned"));
        }

        text.Counter("axoneme_bpf_map_evictions_total", "Entries that the kernel evicted from a full LRU map, estimated")
            .Sample(last.Evicted, ("map_group", "conntrack")).Sample(last.NatEvicted, ("map_group", "nat"));
    }
}
