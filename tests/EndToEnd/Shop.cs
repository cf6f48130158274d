namespace Axoneme.EndToEnd;

/// <summary>The manifests the cases start from: a client that may talk to a server, and a stranger that may not.</summary>
internal static class Shop
{
    public const string Pods = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {team: red}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: client, namespace: shop, labels: {app: client}}
        spec: {containers: [{name: c, image: client, ports: [{containerPort: 80}]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: server, namespace: shop, labels: {app: server}}
        spec: {containers: [{name: c, image: server, ports: [{containerPort: 80, name: http}, {containerPort: 8080}, {containerPort: 53, protocol: UDP}]}]}
        """;

    public const string Stranger = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: elsewhere, labels: {team: blue}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: stranger, namespace: elsewhere, labels: {app: stranger}}
        spec: {containers: [{name: c, image: stranger, ports: [{containerPort: 80}]}]}
        """;

    public static readonly string[] Names = ["shop/client", "shop/server", "elsewhere/stranger"];

    /// <summary>The server takes TCP 80 and 7000, UDP 53 and pings from the client, and nothing else.</summary>
    public const string Policy = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: server, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: server}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "80", protocol: TCP}, {port: "7000", protocol: TCP}, {port: "53", protocol: UDP}]}]
          - fromEndpoints: [{matchLabels: {app: client}}]
            icmps: [{fields: [{family: IPv4, type: 8}, {family: IPv6, type: 128}]}]
        """;

    /// <summary>As <see cref="Policy"/>, with another port in place of 80 and 7000.</summary>
    public static string PolicyFor(int port) => Policy.Replace("\"80\"", $"\"{port}\"", StringComparison.Ordinal).Replace(", {port: \"7000\", protocol: TCP}", "", StringComparison.Ordinal);

    public static Task<Node> StartAsync(NodeOptions? options = null) =>
        Node.StartAsync(options ?? new NodeOptions(), ("pods.yaml", Pods), ("stranger.yaml", Stranger), ("policy.yaml", Policy));
}
