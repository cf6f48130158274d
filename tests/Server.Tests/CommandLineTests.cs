using System.CommandLine;
using System.Net;
using Axoneme.NodeActors;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Services;
using Axoneme.Server.Agent;
using Axoneme.Server.AllInOne;
using Axoneme.Server.ControlPlane;
using Axoneme.Server.Node;
using Axoneme.Server.Options;

namespace Axoneme.Server.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--pod-cidr: \"10.0.0.0/33\" is not an IPv4 network", "--pod-cidr", "10.0.0.0/33")]
    [InlineData("--pod-cidr: \"fd00::/64\" is not an IPv4 network", "--pod-cidr", "fd00::/64")]
    [InlineData("--pod-cidr-v6: \"10.0.0.0/24\" is not an IPv6 network", "--pod-cidr-v6", "10.0.0.0/24")]
    [InlineData("--admin-address: \"9870\" is not an address with a port", "--admin-address", "9870")]
    [InlineData("--service-cidr: \"fd00::/112\" is not an IPv4 network", "--service-cidr", "fd00::/112")]
    [InlineData("--service-cidr-v6: \"10.96.0.0/16\" is not an IPv6 network", "--service-cidr-v6", "10.96.0.0/16")]
    [InlineData("contradict", "--live", "--no-live")]
    public void A_wrong_value_is_named_with_what_to_write(string expected, params string[] options)
    {
        var errors = AllInOneCommand.Create().Parse(options).Errors;

        Assert.Contains(expected, Assert.Single(errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--pod-cidr: \"10.0.0.0/33\" is not an IPv4 network", "--pod-cidr", "10.0.0.0/33")]
    [InlineData("--pod-cidr and --pod-cidr-v6 are both none", "--pod-cidr", "none", "--pod-cidr-v6", "none")]
    [InlineData("--control-plane: \"tcp:1\" is not a Unix socket", "--control-plane", "tcp:1")]
    [InlineData("--control-plane: \"unix:\" is not a Unix socket", "--control-plane", "unix:")]
    [InlineData("which has at most 107 bytes", "--control-plane", "unix:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("--default-node says who runs Pods of the manifests; it needs --manifests", "--default-node", "n1")]
    [InlineData("--routing-mode: \"bridge\" is not native or tunnel", "--routing-mode", "bridge")]
    [InlineData("--tunnel-protocol: \"geneve\" is not supported yet", "--tunnel-protocol", "geneve")]
    [InlineData("--tunnel-port: \"0\" is not a number from 1 to 65535", "--tunnel-port", "0")]
    [InlineData("--mtu: \"576\" is not a number from 1280 to 65535", "--mtu", "576")]
    [InlineData("--node-ip: \"2001:db8::1\" is not an IPv4 address", "--node-ip", "2001:db8::1")]
    [InlineData("--node-ipv6: \"192.0.2.1\" is not an IPv6 address", "--node-ipv6", "192.0.2.1")]
    [InlineData("--ipv4-native-routing-cidr: \"fd00::/8\" is not an IPv4 network", "--ipv4-native-routing-cidr", "fd00::/8")]
    [InlineData("--non-masquerade-cidr: \"ten\" is not a network", "--non-masquerade-cidr", "10.0.0.0/8,ten")]
    [InlineData("--node-label: \"zone\" is not a label", "--node-label", "zone")]
    [InlineData("--node-label: \"zone\" is given twice", "--node-label", "zone=a", "--node-label", "zone=b")]
    public void A_wrong_value_of_an_agent_is_named_with_what_to_write(string expected, params string[] options)
    {
        var errors = AgentCommand.Create().Parse(options).Errors;

        Assert.Contains(expected, Assert.Single(errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cluster-id: \"256\" is not a number from 0 to 255", "--cluster-id", "256")]
    [InlineData("--admin-address: \"9870\" is not an address with a port", "--admin-address", "9870")]
    public void A_wrong_value_of_a_control_plane_is_named_with_what_to_write(string expected, params string[] options) =>
        Assert.Contains(expected, Assert.Single(ControlPlaneCommand.Create().Parse(options).Errors).Message, StringComparison.Ordinal);

    [Fact]
    public void The_defaults_need_no_option() =>
        Assert.All([AllInOneCommand.Create(), AgentCommand.Create(), ControlPlaneCommand.Create()], command => Assert.Empty(command.Parse([]).Errors));

    [Fact]
    public void Options_of_a_node_reach_its_agent()
    {
        var node = Read(alone: false,
            "--node-name", "n1", "--cluster-name", "east", "--node-label", "zone=a", "--node-label", "disk=", "--pod-cidr", "none", "--pod-cidr-v6", "fd00::/64",
            "--node-ip", "192.0.2.1", "--node-ipv6", "2001:db8::1", "--routing-mode", "tunnel", "--tunnel-port", "9999", "--auto-direct-node-routes", "false",
            "--devices", "eth0,eth1", "--devices", "bond+", "--mtu", "9000", "--enable-ipv4-masquerade=false", "--enable-ipv6-masquerade", "false",
            "--ipv4-native-routing-cidr", "10.0.0.0/8", "--ipv6-native-routing-cidr", "fd00::/8", "--non-masquerade-cidr", "192.168.0.0/16",
            "--ip-masq-agent-config", "/etc/masq", "--enable-host-firewall=false", "--policy-audit-mode", "--enable-endpoint-health-checking=false", "--force-clsact",
            "--state-dir", "/s", "--run-dir", "/r", "--bpf-root", "/b", "--cgroup-root", "/c", "--remove-on-exit");
        var agent = node.Agent;

        Assert.Equal(("n1", "east", "/s/node", "/r/agent.sock", "/b", "/c"), (agent.NodeName, agent.ClusterName, agent.StateDirectory, agent.SocketPath, agent.BpfRoot, agent.CgroupRoot));
        Assert.Equal([("disk", ""), ("zone", "a")], agent.Labels.Select(label => (label.Key, label.Value)).Order());
        Assert.Equal((null, IPNetwork.Parse("fd00::/64")), (agent.PodCidr4, agent.PodCidr6));
        Assert.Equal((IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")), (agent.NodeIPv4, agent.NodeIPv6));
        Assert.Equal((RoutingMode.Vxlan, (ushort)9999, false, 9000), (agent.Routing, agent.TunnelPort, agent.AutoDirectNodeRoutes, agent.Mtu));
        Assert.Equal(["eth0", "eth1", "bond+"], agent.Devices);
        Assert.Equal((false, false), (agent.MasqueradeIPv4, agent.MasqueradeIPv6));
        Assert.Equal(["10.0.0.0/8", "fd00::/8", "192.168.0.0/16"], agent.NonMasqueradeCidrs.Select(network => network.ToString()));
        Assert.Equal(("/etc/masq", false, true, false, true), (agent.IpMasqAgentConfig, agent.HostFirewall, agent.PolicyAuditMode, agent.EndpointHealthChecking, agent.ForceClsact));
        Assert.Equal(("/c", true, "/r/ready"), (node.PodCgroup, node.RemoveOnExit, node.ReadyFile));
    }

    [Fact]
    public void A_node_alone_needs_no_devices_and_no_health_endpoint_and_one_of_a_cluster_does()
    {
        var (alone, member) = (Read(alone: true).Agent, Read(alone: false).Agent);

        Assert.Equal((0, 1500, false), (alone.Devices.Count, alone.Mtu, alone.EndpointHealthChecking));
        Assert.Equal((0, true), (member.Mtu, member.EndpointHealthChecking));
        Assert.Equal(["auto"], member.Devices);
        Assert.Empty(Read(alone: false, "--devices", "none").Agent.Devices);
        Assert.Equal((RoutingMode.Native, true, true, true, false), (member.Routing, member.MasqueradeIPv4, member.MasqueradeIPv6, member.HostFirewall, member.PolicyAuditMode));
    }

    [Fact]
    public void Map_sizes_follow_memory_unless_they_are_given()
    {
        Assert.Equal(new MapSizeOptions(), Read(alone: false).Agent.MapSizes);
        Assert.Equal(
            new MapSizeOptions { DynamicSizeRatio = 0.01, ConntrackMax = 70000, NatMax = 80000, PolicyMax = 9000, TunnelMax = 10 },
            Read(alone: false, "--bpf-map-dynamic-size-ratio", "0.01", "--bpf-ct-global-max", "70000", "--bpf-nat-global-max=80000", "--bpf-policy-map-max", "9000", "--bpf-tunnel-max", "10").Agent.MapSizes);
        var command = new Command("test");
        new NodeOptionSet(alone: false).AddTo(command);
        Assert.Contains("--bpf-ct-global-max: \"many\" is not a number", Assert.Single(command.Parse(["--bpf-ct-global-max", "many"]).Errors).Message);
    }

    [Fact]
    public void Services_are_served_as_Cilium_does_unless_told_otherwise()
    {
        Assert.Equal(new ServiceOptions(), Read(alone: false).Agent.Services);
        Assert.Equal(
            new ServiceOptions
            {
                Algorithm = LoadBalancerAlgorithm.Maglev, MaglevTableSize = 65521, MaglevSeed = 7, Mode = LoadBalancerMode.Hybrid, NodePortFirst = 20000, NodePortLast = 20010,
                SourceRangesForAllTypes = true,
            },
            Read(
                alone: false, "--bpf-lb-algorithm", "maglev", "--bpf-lb-maglev-table-size", "65521", "--bpf-lb-maglev-hash-seed", "7", "--bpf-lb-mode", "hybrid", "--node-port-range",
                "20000,20010", "--bpf-lb-source-range-all-types").Agent.Services);
        Assert.Equal(new MapSizeOptions { ServiceMax = 5000, BackendMax = 6000 }, Read(alone: false, "--bpf-lb-map-max", "5000", "--bpf-lb-service-backend-map-max", "6000").Agent.MapSizes);
    }

    [Theory]
    [InlineData("--bpf-lb-algorithm", "best")]
    [InlineData("--bpf-lb-maglev-table-size", "16384")]
    [InlineData("--bpf-lb-maglev-hash-seed", "seed")]
    [InlineData("--bpf-lb-mode", "none")]
    [InlineData("--node-port-range", "32767,30000")]
    [InlineData("--node-port-range", "30000")]
    [InlineData("--node-port-range", "0,5")]
    public void What_services_cannot_be_served_by_is_an_error_of_the_option(string option, string value)
    {
        var command = new Command("test");
        new NodeOptionSet(alone: false).AddTo(command);
        Assert.StartsWith($"{option}: ", Assert.Single(command.Parse([option, value]).Errors).Message, StringComparison.Ordinal);
    }

    private static NodeSettings Read(bool alone, params string[] options)
    {
        var set = new NodeOptionSet(alone);
        var command = new Command("test");
        set.AddTo(command);
        var parsed = command.Parse(options);
        Assert.Empty(parsed.Errors);
        return set.Read(parsed, manifests: null, _ => false);
    }

    [Fact]
    public void Whoever_runs_a_node_takes_the_same_lock()
    {
        var node = Read(alone: false, "--state-dir", "/srv/state");
        Assert.Equal("/srv/state/server.pid", node.LockFile);
        Assert.Equal(Read(alone: true, "--state-dir", "/srv/state").LockFile, node.LockFile);
    }

    [Fact]
    public void A_state_directory_has_one_server()
    {
        var directory = Directory.CreateTempSubdirectory("axoneme-lock-");
        var path = Path.Combine(directory.FullName, "server.pid");
        using (StateLock.Take(path))
        {
            Assert.StartsWith($"--state-dir {directory.FullName}: another axoneme-server uses it", Assert.Throws<ServerException>(() => StateLock.Take(path)).Message);
        }

        using (StateLock.Take(path))
        {
            // Free again.
        }

        directory.Delete(recursive: true);
    }
}
