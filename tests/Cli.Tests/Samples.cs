namespace Axoneme.Cli.Tests;

/// <summary>The agent's answers as they come over the socket.</summary>
internal static class Samples
{
    public const string Endpoints = """
        [{"id":1204,"containerId":"c0ffee","namespace":"shop","pod":"api","state":"ready","identity":4711,"labels":["k8s:app=api","k8s:io.kubernetes.pod.namespace=shop"],
          "ipv4":"10.244.0.3","ipv6":"fd00:10:244::3","mac":"0a:58:0a:f4:00:03","interfaceName":"axn1204","ifindex":12,"ingressEnforced":true,"egressEnforced":false,
          "policyId":3,"policyRevision":9,"policyAuditMode":false},
         {"id":17,"containerId":"bad","namespace":"shop","pod":"broken","state":"waiting-for-identity","identity":5,"labels":[],"mac":"","interfaceName":"","ifindex":0,
          "ingressEnforced":false,"egressEnforced":false,"policyId":0,"policyRevision":0,"problem":"no identity after 10 s","policyAuditMode":false}]
        """;

    public const string Identities = """[{"id":4711,"labels":["k8s:app=api","k8s:io.kubernetes.pod.namespace=shop"]},{"id":1,"labels":["reserved:host"]}]""";

    public const string Policies = """
        [{"kind":"CiliumNetworkPolicy","namespace":"shop","name":"api-from-front","source":"file:policies.yaml#2","revision":7,"document":{"metadata":{"name":"api-from-front"}}}]
        """;

    public const string BpfPolicy = """
        [{"policyId":3,"direction":"ingress","identity":4712,"labels":["k8s:app=front"],"protocol":"TCP","ports":"8080","verdict":"allow","proxyPort":0,"rule":16,"ruleName":"shop/api-from-front#0"},
         {"policyId":4,"direction":"ingress","identity":0,"labels":[],"protocol":"ANY","ports":"ANY","verdict":"deny","proxyPort":0,"rule":17,"ruleName":"shop/other#0"}]
        """;

    public const string Conntrack = """
        [{"protocol":"UDP","initiator":"10.244.0.2:40001","responder":"10.244.0.9:53","initiatorIdentity":4712,"responderIdentity":4713,"flags":"-","idleSeconds":30,"egressRule":"not enforced","ingressRule":"not enforced"},
         {"protocol":"TCP","initiator":"10.244.0.2:40000","responder":"10.244.0.3:8080","initiatorIdentity":4712,"responderIdentity":4711,"flags":"reply-seen","idleSeconds":1,"egressRule":"not enforced","ingressRule":"shop/api-from-front#0"}]
        """;

    public const string Tunnels = """[{"index":1,"address":"172.30.0.2","node":"b"},{"index":2,"address":"172.30.0.9"}]""";

    public const string Nat = """
        [{"direction":"out","protocol":"TCP","source":"10.244.0.2:40000","destination":"192.0.2.1:443","translated":"172.30.0.1:32800","flags":"reply-seen","idleSeconds":2},
         {"direction":"in","protocol":"TCP","source":"192.0.2.1:443","destination":"172.30.0.1:32800","translated":"10.244.0.2:40000","flags":"","idleSeconds":1}]
        """;

    public const string Nodes = """
        [{"name":"a","isLocal":true,"ipv4":"172.30.0.1","addresses":["172.30.0.1"],"podCidrs":["10.244.0.0/24"],"way":"this node"},
         {"name":"b","isLocal":false,"ipv4":"172.30.0.2","ipv6":"fd30::2","addresses":["172.30.0.2"],"podCidrs":["10.244.1.0/24","fd00:1::/64"],"underlay":"172.30.0.2","way":"tunnel to 172.30.0.2"}]
        """;

    public const string Network = """
        {"routing":"vxlan","devices":[{"name":"eth0","ifindex":2,"mtu":1500,"ipv4":"172.30.0.1"}],"nodeIpv4":"172.30.0.1","podMtu":1450,
         "tunnel":{"name":"axo_vx1","ifindex":5,"port":8472,"mtu":1450},"masquerading":["ipv4"],"unmasqueraded":["10.244.0.0/24"],"autoDirectNodeRoutes":true}
        """;

    public const string BpfEndpoints = """
        [{"ifindex":12,"id":1204,"identity":4711,"policyId":3,"policyRevision":9,"flags":"ingress-enforced","mac":"0a:58:0a:f4:00:03","gatewayMac":"0a:58:0a:f4:00:01","ipv4":"10.244.0.3","ipv6":"fd00:10:244::3"}]
        """;

    public const string Ipcache = """[{"prefix":"192.0.2.0/24","identity":16777217,"ifindex":0},{"prefix":"10.244.0.3/32","identity":4711,"ifindex":12}]""";

    public const string Services = """
        [{"id":2,"frontend":"192.0.2.1:30080/TCP","type":"NodePort","name":"shop/api","flags":"external,internal,affinity","affinitySeconds":10800,
          "backends":[{"id":11,"address":"10.0.0.1:8080/TCP","state":"active","inside":true,"outside":true},{"id":12,"address":"10.0.1.1:8080/TCP","state":"active","inside":true,"outside":false},
                      {"id":13,"address":"10.0.1.2:8080/TCP","state":"terminating","inside":false,"outside":false}]},
         {"id":1,"frontend":"[fd00::10]:53/UDP","type":"ClusterIP","name":"kube-system/dns","flags":"internal","backends":[]}]
        """;

    public const string BpfServices = """
        [{"frontend":2,"group":7,"address":"192.0.2.1:30080/TCP","flags":"external,internal",
          "inside":{"id":5,"tableSize":0,"backends":[{"id":11,"address":"10.0.0.1:8080/TCP","state":"active"},{"id":12,"address":"10.0.1.1:8080/TCP","state":"active"}]},
          "outside":{"id":6,"tableSize":251,"backends":[{"id":11,"address":"10.0.0.1:8080/TCP","state":"active"}]}},
         {"frontend":1,"group":8,"address":"[fd00::10]:53/UDP","flags":"internal"}]
        """;

    public const string BpfFrontends = """[{"id":2,"address":"192.0.2.1:30080/TCP"},{"id":1,"address":"[fd00::10]:53/UDP"}]""";

    public const string BpfBackends = """[{"id":13,"address":"10.0.1.2:8080/TCP","state":"terminating"},{"id":11,"address":"10.0.0.1:8080/TCP","state":"active"}]""";

    public const string BpfMaglev = """[{"pool":6,"tableSize":5,"table":"11 12 11 11 12"}]""";

    public const string Maps = """[{"name":"conntrack4","capacity":131072,"entries":65536,"type":"lru_hash","pressure":0.5,"bytes":17000000},{"name":"nat","capacity":1,"entries":0,"type":"lru_hash","pressure":0}]""";

    public static string Status(string? problem = null, string? network = null) => $$"""
        {"node":"node-1","version":"1.0.0","kernel":"6.1.0","attachMode":"tcx","controlPlaneConnected":true,"stateRevision":42,"appliedRevision":40,"endpoints":2,"endpointsReady":1,
         "identities":9,"policies":3,"pools":[{"cidr":"10.244.0.0/24","capacity":254,"inUse":2}],"maps":[{"name":"endpoints","capacity":65536,"entries":2},{"name":"conntrack4","capacity":131072}],
         "eventsLost":0,"problems":[{{(problem is null ? "" : $"\"{problem}\"")}}],"endpointsAudited":0{{(network is null ? "" : $",\"network\":{network}")}} }
        """;
}
