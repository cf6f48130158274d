namespace Axoneme.EndToEnd.Matrix;

/// <summary>Who talks in the matrix, as manifests: two teams with a pod on each of three nodes, and two sets of policies between which they change.</summary>
internal static class Cast
{
    public const int Nodes = 3;

    /// <summary>Where everybody is asked; each pod calls port 80 <c>web</c>.</summary>
    public static readonly IReadOnlyList<(string Kind, int Port)> Asked = [("tcp", 80), ("tcp", 8080), ("udp", 53)];

    public static readonly string[] Names = ["red/r1", "red/r2", "red/r3", "blue/b1", "blue/b2", "blue/b3"];

    public static readonly string Pods = $$"""
        apiVersion: v1
        kind: Namespace
        metadata: {name: red, labels: {team: red} }
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: blue, labels: {team: blue} }
        {{Pod("red", "r1", 1, "front")}}
        {{Pod("red", "r2", 2, "store")}}
        {{Pod("red", "r3", 3, "front")}}
        {{Pod("blue", "b1", 1, "batch")}}
        {{Pod("blue", "b2", 2, "front")}}
        {{Pod("blue", "b3", 3, "store")}}
        """;

    /// <summary>Red takes visitors at its web port; its store only nodes and its own besides; fronts leave for the outside's web.</summary>
    public const string Open = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: visitors, namespace: red}
        spec:
          podSelector: {}
          ingress:
          - from: [{podSelector: {}}]
          - from: [{namespaceSelector: {matchLabels: {team: blue}}}]
            ports: [{port: web, protocol: TCP}, {port: 53, protocol: UDP}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: store, namespace: red}
        spec:
          endpointSelector: {matchLabels: {role: store}}
          ingress:
          - fromEntities: [remote-node]
            toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
          ingressDeny:
          - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": blue, role: batch}}]
          - fromEndpoints: [{matchLabels: {role: front}}]
            toPorts: [{ports: [{port: "53", protocol: UDP}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: leaving}
        spec:
          endpointSelector: {matchLabels: {role: front}}
          egress:
          - toEntities: [cluster]
          - toCIDRSet: [{cidr: 198.51.100.0/24}, {cidr: "2001:db8:51::/64"}]
            toPorts: [{ports: [{port: "80", protocol: TCP}]}]
        """;

    /// <summary>As <see cref="Open"/> with visitors at the web port only and none from other nodes, the outside's names instead of its web, and a closed blue store.</summary>
    public const string Closed = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: visitors, namespace: red}
        spec:
          podSelector: {}
          ingress:
          - from: [{podSelector: {}}, {namespaceSelector: {matchLabels: {team: blue}}}]
            ports: [{port: web, protocol: TCP}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: store, namespace: red}
        spec:
          endpointSelector: {matchLabels: {role: store}}
          ingress:
          - fromEndpoints: [{matchLabels: {role: front}}]
            toPorts: [{ports: [{port: "80", endPort: 8080, protocol: ANY}]}]
          ingressDeny:
          - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": blue, role: batch}}]
            toPorts: [{ports: [{port: "80", protocol: TCP}]}]
          - fromEntities: [remote-node]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: leaving}
        spec:
          endpointSelector: {matchLabels: {role: front}}
          egress:
          - toEntities: [cluster]
          - toCIDRSet: [{cidr: 198.51.0.0/16, except: [198.51.101.0/24]}, {cidr: "2001:db8::/32"}]
          egressDeny:
          - toEntities: [world]
            toPorts: [{ports: [{port: "80", protocol: TCP}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: store, namespace: blue}
        spec:
          endpointSelector: {matchLabels: {role: store}}
          ingress:
          - fromEndpoints: [{matchExpressions: [{key: "k8s:io.kubernetes.pod.namespace", operator: In, values: [red, blue]}, {key: role, operator: NotIn, values: [batch]}]}]
            toPorts: [{ports: [{port: web, protocol: TCP}, {port: "53", protocol: UDP}]}]
        """;

    private static string Pod(string ns, string name, int node, string role) => $$"""
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: {{ns}}, labels: {role: {{role}} } }
        spec:
          nodeName: n{{node}}
          containers:
          - name: c
            image: responder
            ports: [{containerPort: 80, name: web, protocol: TCP}, {containerPort: 8080, protocol: TCP}, {containerPort: 53, protocol: UDP}]
        """;
}
