using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme status</c>; exit code 1 when there are problems, so that scripts can wait for it.</summary>
internal static class StatusCommand
{
    public static Command Create(AgentOptions agent)
    {
        var status = new Command("status", "State of the agent and of what it depends on; exit code 1 when something is wrong.");
        status.SetAction(parsed =>
        {
            var value = agent.Client(parsed).Get(AgentRoutes.Status, AgentJson.Default.AgentStatus);
            agent.Print(parsed, value, AgentJson.Default.AgentStatus, Write);
            return value.Problems.Count > 0 || !value.ControlPlaneConnected ? ExitCode.Failure : ExitCode.Success;
        });
        return status;
    }

    private static void Write(NetworkView network, FieldList fields)
    {
        var how = network.Tunnel is { } tunnel ? $"by {tunnel.Name} on UDP port {tunnel.Port}, MTU {tunnel.Mtu}"
            : network.AutoDirectNodeRoutes ? "with direct routes to nodes on the same link" : "routes left to the network";
        fields.Add("Routing", $"{network.Routing}, {how}");
        fields.Add("Node addresses", network.NodeIpv4, network.NodeIpv6);
        fields.Add("Devices", network.Devices.Count == 0
            ? ["none"]
            : [.. network.Devices.Select(device => $"{device.Name}: {string.Join(", ", new[] { device.Ipv4, device.Ipv6 }.OfType<string>().Append($"MTU {device.Mtu}"))}")]);
        fields.Add("Pod MTU", network.PodMtu.ToString(CultureInfo.InvariantCulture));
        fields.Add("Masquerading", network.Masquerading.Count == 0 ? "off" : $"{string.Join(", ", network.Masquerading)}, but not to {string.Join(", ", network.Unmasqueraded)}");
    }

    private static void Write(AgentStatus status, TextWriter output)
    {
        var fields = new FieldList(output);
        fields.Add("Node", status.Node);
        fields.Add("Axoneme", status.Version);
        fields.Add("Kernel", $"{status.Kernel}, programs attached by {status.AttachMode}");
        fields.Add("Control plane", status.ControlPlaneConnected ? "connected" : "NOT CONNECTED: what is in force stays in force");
        fields.Add("Revision", status.StateRevision == status.AppliedRevision
            ? $"{status.AppliedRevision}, in the kernel"
            : $"{status.AppliedRevision} in the kernel, {status.StateRevision} received");
        fields.Add("Endpoints", $"{status.EndpointsReady}/{status.Endpoints} ready{(status.EndpointsAudited == 0 ? "" : $", {status.EndpointsAudited} in audit mode: policy drops nothing there")}");
        fields.Add("Cluster health", status.ClusterHealth is { } health
            ? health.ProbedAt is null ? "not probed yet" : $"{health.NodesReachable}/{health.Nodes} reachable ({HealthCommand.When(health.ProbedAt)})"
            : null);
        fields.Add("Identities", status.Identities.ToString(CultureInfo.InvariantCulture));
        fields.Add("Policies", status.Policies.ToString(CultureInfo.InvariantCulture));
        fields.Add("IPAM", [.. status.Pools.Select(pool => $"{pool.Cidr}: {pool.InUse}/{pool.Capacity} in use")]);
        if (status.Network is { } network)
        {
            Write(network, fields);
        }

        fields.Add("Events lost", status.EventsLost.ToString(CultureInfo.InvariantCulture));
        fields.Add("Problems", status.Problems.Count == 0 ? ["none"] : [.. status.Problems]);
        if (status.Maps.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new Table("MAP", "CAPACITY", "ENTRIES");
        foreach (var map in status.Maps)
        {
            table.Add(map.Name, map.Capacity.ToString(CultureInfo.InvariantCulture), map.Entries?.ToString(CultureInfo.InvariantCulture) ?? "-");
        }

        table.WriteTo(output);
    }
}
