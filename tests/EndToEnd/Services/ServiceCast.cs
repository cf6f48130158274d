namespace Axoneme.EndToEnd.Services;

/// <summary>
/// Three nodes: two have a backend and none a monopoly. Four services differ in policies and affinity, and each has an address of every kind for TCP and UDP. Outside,
/// addresses of load balancers and external ones are routed to the first or the last node.
/// </summary>
internal static class ServiceCast
{
    public const int Nodes = 3;
    public const int Port = 80;
    public const int ContainerPort = 8080;
    public const int HostPort = 9080;
    private static readonly bool[] Both = [false, true];
    private static readonly int[] Ends = [1, Nodes];

    public static IReadOnlyList<int> BackendNodes { get; } = [1, 2];

    /// <summary>On the second node a backend itself.</summary>
    public static IReadOnlyList<Client> Clients { get; } =
    [
        .. from node in Ends from manner in new[] { Manner.PodBySockets, Manner.PodByPackets, Manner.Node } select new Client(manner, node),
        new(Manner.PodBySockets, 2),
        new(Manner.PodByPackets, 2),
        Client.Outside,
    ];

    public static IReadOnlyList<Frontend> Frontends { get; } =
    [
        .. from local in Both
           from affinity in Both
           from frontend in (Frontend[])
           [
               .. from kind in new[] { FrontendKind.NodePort, FrontendKind.LoadBalancer, FrontendKind.ExternalIP } from at in Ends select new Frontend(kind, at, local, affinity),
               new(FrontendKind.ClusterIP, 0, local, affinity),
           ]
           select frontend,
        .. Ends.Select(at => new Frontend(FrontendKind.HostPort, at, false, false)),
        .. BackendNodes.Select(at => new Frontend(FrontendKind.Headless, at, false, false)),
    ];

    public static string NameOf(bool local, bool affinity) => $"{(local ? "local" : "cluster")}{(affinity ? "-affine" : "")}";

    public static string Backend(int node) => $"web{node}";

    public static string ClientPod(int node) => node == 2 ? Backend(2) : $"client{node}";

    public static string Pods(AddressFamilies family) => string.Join("\n---\n",
    [
        .. BackendNodes.Select(node => Pod(Backend(node), node, "web", $", hostPort: {HostPort}")), .. Ends.Select(node => Pod(ClientPod(node), node, "client", "")),
        .. from local in Both from affinity in Both select Service(family, local, affinity),
        """
        apiVersion: v1
        kind: Service
        metadata: {name: headless, namespace: shop}
        spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """,
    ]);

    /// <summary>Where to ask, and null where that makes no sense: nobody outside is led to an address of the cluster's own, nor to pods.</summary>
    public static (string Address, int Port)? Target(Cluster cluster, IReadOnlyDictionary<string, Pod> pods, Client client, Frontend frontend, int family)
    {
        var isIPv4 = family == 4;
        var (service, at) = (IndexOf(frontend.IsLocal, frontend.HasAffinity), frontend.At);
        return frontend.Kind switch
        {
            FrontendKind.ClusterIP => client.IsInside ? (ClusterIp(isIPv4, service), Port) : null,
            FrontendKind.Headless => client.IsInside && pods[$"shop/{Backend(at)}"] is var pod ? (isIPv4 ? pod.Ipv4 : pod.Ipv6, ContainerPort) : null,
            FrontendKind.LoadBalancer => (External(isIPv4, at, service), Port),
            FrontendKind.ExternalIP => (External(isIPv4, at, service + 8), Port),
            _ => ((isIPv4 ? cluster.Nodes[at - 1].IPv4 : cluster.Nodes[at - 1].IPv6)!, frontend.Kind == FrontendKind.HostPort ? HostPort : NodePort(service)),
        };
    }

    /// <summary>How the router leads clients to the nodes that load balancers and external addresses stand for.</summary>
    public static Task RouteAsync(Cluster cluster) => cluster.Underlay.Router.IpAsync(string.Join('\n', Ends.SelectMany(at => (string[])
    [
        cluster.Nodes[at - 1].IPv4 is { } ipv4 ? $"route replace 203.0.113.{at * 64}/26 via {ipv4}" : "",
        cluster.Nodes[at - 1].IPv6 is { } ipv6 ? $"-6 route replace 2001:db8:113:{at}::/64 via {ipv6}" : "",
    ])));

    private static int IndexOf(bool local, bool affinity) => 1 + (local ? 1 : 0) + (affinity ? 2 : 0);

    private static int NodePort(int service) => 30100 + service;

    private static string ClusterIp(bool isIPv4, int service) => isIPv4 ? $"10.96.1.{service}" : $"fd00:10:96::1:{service}";

    private static string External(bool isIPv4, int at, int number) => isIPv4 ? $"203.0.113.{at * 64 + number}" : $"2001:db8:113:{at}::{number:x}";

    private static string Pod(string name, int node, string app, string more) => $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{name}}}, namespace: shop, labels: {app: {{{app}}}}}
        spec:
          nodeName: n{{{node}}}
          containers:
            - name: c
              image: responder
              ports: [{name: tcp, containerPort: {{{ContainerPort}}}, protocol: TCP{{{more}}}}, {name: udp, containerPort: {{{ContainerPort}}}, protocol: UDP{{{more}}}}]
        """;

    private static string Service(AddressFamilies family, bool local, bool affinity)
    {
        var service = IndexOf(local, affinity);
        var policy = local ? "Local" : "Cluster";
        return $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{NameOf(local, affinity)}}}, namespace: shop}
            spec:
              type: LoadBalancer
              selector: {app: web}
              ipFamilyPolicy: {{{(family == AddressFamilies.Dual ? "RequireDualStack" : "SingleStack")}}}
              clusterIPs: [{{{Quoted(isIPv4 => [ClusterIp(isIPv4, service)])}}}]
              externalIPs: [{{{Quoted(isIPv4 => Ends.Select(at => External(isIPv4, at, service + 8)))}}}]
              internalTrafficPolicy: {{{policy}}}
              externalTrafficPolicy: {{{policy}}}
              sessionAffinity: {{{(affinity ? "ClientIP" : "None")}}}
              ports:
                - {name: tcp, port: {{{Port}}}, targetPort: tcp, nodePort: {{{NodePort(service)}}}, protocol: TCP}
                - {name: udp, port: {{{Port}}}, targetPort: udp, nodePort: {{{NodePort(service)}}}, protocol: UDP}
            status: {loadBalancer: {ingress: [{{{string.Join(", ", Each(isIPv4 => Ends.Select(at => External(isIPv4, at, service))).Select(address => $$"""{ip: "{{address}}"}"""))}}}]}}
            """;

        string Quoted(Func<bool, IEnumerable<string>> addresses) => string.Join(", ", Each(addresses).Select(address => $"\"{address}\""));

        IEnumerable<string> Each(Func<bool, IEnumerable<string>> addresses) =>
            Both.Reverse().Where(isIPv4 => family.HasFlag(isIPv4 ? AddressFamilies.IPv4 : AddressFamilies.IPv6)).SelectMany(addresses);
    }
}
