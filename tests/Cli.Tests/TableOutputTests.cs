using Axoneme.Tests;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Tests;

/// <summary>What people see, letter by letter.</summary>
public sealed class TableOutputTests
{
    [Fact]
    public async Task Endpoint_list_shows_a_pod_per_row_and_a_label_per_line()
    {
        Assert.Equal("""
            ENDPOINT   POLICY (ingress)   POLICY (egress)   IDENTITY   POD           LABELS (source:key[=value])            IPv6             IPv4         STATUS
                       ENFORCEMENT        ENFORCEMENT
            17         Disabled           Disabled          5          shop/broken                                                                        waiting-for-identity
                                                                                                                                                          ! no identity after 10 s
            1204       Enabled            Disabled          4711       shop/api      k8s:app=api                            fd00:10:244::3   10.244.0.3   ready
                                                                                     k8s:io.kubernetes.pod.namespace=shop

            """, await PrintAsync(AgentRoutes.Endpoints, Samples.Endpoints, "endpoint", "list"));
    }

    [Fact]
    public async Task Endpoint_get_finds_a_pod_by_id_and_by_name()
    {
        const string expected = """
            Endpoint:          1204
            Pod:               shop/api
            State:             ready
            Identity:          4711
            Labels:            k8s:app=api
                               k8s:io.kubernetes.pod.namespace=shop
            IPv4:              10.244.0.3
            IPv6:              fd00:10:244::3
            MAC:               0a:58:0a:f4:00:03
            Interface:         axn1204 (ifindex 12)
            Container:         c0ffee
            Ingress policy:    Enabled
            Egress policy:     Disabled
            Policy id:         3 (revision 9; entries: axoneme bpf policy list 3)

            """;
        Assert.Equal(expected, await PrintAsync(AgentRoutes.Endpoints, Samples.Endpoints, "endpoint", "get", "1204"));
        Assert.Equal(expected, await PrintAsync(AgentRoutes.Endpoints, Samples.Endpoints, "endpoint", "get", "shop/api"));
    }

    [Fact]
    public async Task Endpoint_get_shows_the_node_itself()
    {
        const string node = """
            [{"id":7,"containerId":"","namespace":"","pod":"","state":"ready","identity":1,"labels":["k8s:zone=a","reserved:host"],"mac":"","interfaceName":"","ifindex":1,
              "ingressEnforced":true,"egressEnforced":false,"policyId":3,"policyRevision":9}]
            """;
        var shown = await PrintAsync(AgentRoutes.Endpoints, node, "endpoint", "get", "host");
        Assert.Contains("Pod:               host", shown, StringComparison.Ordinal);
        Assert.Contains("k8s:zone=a", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Identity_list_is_in_the_order_of_the_numbers() => Assert.Equal("""
        ID     LABELS
        1      reserved:host
        4711   k8s:app=api
               k8s:io.kubernetes.pod.namespace=shop

        """, await PrintAsync(AgentRoutes.Identities, Samples.Identities, "identity", "list"));

    [Fact]
    public async Task Policy_get_lists_without_a_name_and_shows_the_document_with_one()
    {
        Assert.Equal("""
            KIND                  NAMESPACE   NAME             REVISION   SOURCE
            CiliumNetworkPolicy   shop        api-from-front   7          file:policies.yaml#2

            """, await PrintAsync(AgentRoutes.Policies, Samples.Policies, "policy", "get"));
        Assert.Equal("""
            {
              "metadata": {
                "name": "api-from-front"
              }
            }
            Source: file:policies.yaml#2
            Revision: 7

            """, await PrintAsync(AgentRoutes.Policies, Samples.Policies, "policy", "get", "shop/api-from-front"));
    }

    [Fact]
    public async Task Bpf_policy_list_names_the_rule_of_each_interval_and_keeps_to_the_asked_policy() => Assert.Equal("""
        POLICY   DIRECTION   VERDICT   IDENTITY   LABELS (source:key[=value])   PROTOCOL   PORTS   PROXY PORT   RULE
        3        ingress     allow     4712       k8s:app=front                 TCP        8080    NONE         shop/api-from-front#0 (16)

        """, await PrintAsync(AgentRoutes.BpfPolicy, Samples.BpfPolicy, "bpf", "policy", "list", "3"));

    [Fact]
    public async Task Bpf_ct_list_puts_the_most_recent_first() => Assert.Equal("""
        PROTOCOL   INITIATOR          IDENTITY   RESPONDER         IDENTITY   IDLE   FLAGS        EGRESS RULE    INGRESS RULE
        TCP        10.244.0.2:40000   4712       10.244.0.3:8080   4711       1s     reply-seen   not enforced   shop/api-from-front#0
        UDP        10.244.0.2:40001   4712       10.244.0.9:53     4713       30s    -            not enforced   not enforced

        """, await PrintAsync(AgentRoutes.BpfConntrack, Samples.Conntrack, "bpf", "ct", "list"));

    [Fact]
    public async Task Bpf_endpoint_and_ipcache_lists_are_what_the_kernel_holds()
    {
        Assert.Equal("""
            IFINDEX   INTERFACE   ENDPOINT   IDENTITY   POLICY   REVISION   FLAGS              MAC                 GATEWAY MAC         IPv4         IPv6
            12        (gone)      1204       4711       3        9          ingress-enforced   0a:58:0a:f4:00:03   0a:58:0a:f4:00:01   10.244.0.3   fd00:10:244::3

            """, await PrintAsync(AgentRoutes.BpfEndpoints, Samples.BpfEndpoints, "bpf", "endpoint", "list"));
        Assert.Equal("""
            IP PREFIX/ADDRESS   IDENTITY   IFINDEX   TUNNEL ENDPOINT
            10.244.0.3/32       4711       12        -
            192.0.2.0/24        16777217   -         -

            """, await PrintAsync(AgentRoutes.BpfIpcache, Samples.Ipcache, "bpf", "ipcache", "list"));
    }

    [Fact]
    public async Task Status_is_readable_and_exits_with_1_when_there_is_a_problem()
    {
        await using var agent = FakeAgent.Answering(200, Samples.Status(problem: "policy shop/bad: spec.ingress[0].toPorts: not supported yet"));

        var (code, output, _) = await Task.Run(() => Shell.Run("status", "--socket", agent.SocketPath));

        Assert.Equal(1, code);
        Assert.Equal("""
            Node:              node-1
            Axoneme:           1.0.0
            Kernel:            6.1.0, programs attached by tcx
            Control plane:     connected
            Revision:          40 in the kernel, 42 received
            Endpoints:         1/2 ready
            Identities:        9
            Policies:          3
            IPAM:              10.244.0.0/24: 2/254 in use
            Events lost:       0
            Problems:          policy shop/bad: spec.ingress[0].toPorts: not supported yet

            MAP          CAPACITY   ENTRIES
            endpoints    65536      2
            conntrack4   131072     -

            """, output);
    }

    [Fact]
    public async Task Node_list_says_how_each_node_is_reached() => Assert.Equal("""
        NAME   IPv4 ADDRESS   IPv6 ADDRESS   POD CIDRS       UNDERLAY     REACHED BY
        a      172.30.0.1     -              10.244.0.0/24   -            this node
        b      172.30.0.2     fd30::2        10.244.1.0/24   172.30.0.2   tunnel to 172.30.0.2
                                             fd00:1::/64

        """, await PrintAsync(AgentRoutes.Nodes, Samples.Nodes, "node", "list"));

    [Fact]
    public async Task Bpf_tunnel_list_and_nat_list_show_what_the_kernel_holds()
    {
        Assert.Equal("""
            INDEX   TUNNEL ENDPOINT   NODE
            1       172.30.0.2        b
            2       172.30.0.9        (gone)

            """, await PrintAsync(AgentRoutes.BpfTunnels, Samples.Tunnels, "bpf", "tunnel", "list"));
        Assert.Equal("""
            DIRECTION   PROTOCOL   SOURCE             DESTINATION        BECOMES                        IDLE   FLAGS
            in          TCP        192.0.2.1:443      172.30.0.1:32800   destination 10.244.0.2:40000   1s
            out         TCP        10.244.0.2:40000   192.0.2.1:443      source 172.30.0.1:32800        2s     reply-seen

            """, await PrintAsync(AgentRoutes.BpfNat, Samples.Nat, "bpf", "nat", "list"));
    }

    [Fact]
    public async Task Status_says_how_the_node_is_connected()
    {
        var status = await PrintAsync(AgentRoutes.Status, Samples.Status(network: Samples.Network), "status");

        Assert.Contains("""
            Routing:           vxlan, by axo_vx1 on UDP port 8472, MTU 1450
            Node addresses:    172.30.0.1
            Devices:           eth0: 172.30.0.1, MTU 1500
            Pod MTU:           1450
            Masquerading:      ipv4, but not to 10.244.0.0/24

            """, status, StringComparison.Ordinal);
    }

    private static async Task<string> PrintAsync(string route, string answer, params string[] command)
    {
        await using var agent = FakeAgent.Routing(target => target == route ? answer : null);
        var (code, output, errors) = await Task.Run(() => Shell.Run([.. command, "--socket", agent.SocketPath]));
        Assert.Equal((0, ""), (code, errors));
        return output;
    }
}
