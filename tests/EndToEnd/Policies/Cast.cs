namespace Axoneme.EndToEnd.Policies;

/// <summary>Who the cases are about, as manifests.</summary>
internal static class Cast
{
    /// <summary>Everybody answers here, on TCP and on UDP.</summary>
    public static readonly int[] Ports = [8079, 8080, 8085, 8090, 8091, 9090];

    public static readonly string[] Pods = ["shop/client", "shop/clerk", "shop/api", "shop/db", "shop/db-next", "elsewhere/stranger"];

    /// <summary>Port <c>web</c> has another number in each pod, also in two that are alike; the clerk has a service account of its own.</summary>
    public static readonly string Shop = $$"""
        apiVersion: v1
        kind: Namespace
        metadata:
          name: shop
          labels: {team: red}
        {{Pod("shop", "client", "app: client")}}
        {{Pod("shop", "clerk", "app: clerk", account: "payments")}}
        {{Pod("shop", "api", "app: api, role: backend", web: 8080, query: 8085)}}
        {{Pod("shop", "db", "app: db, role: backend", web: 9090)}}
        {{Pod("shop", "db-next", "app: db, role: backend", web: 8090)}}
        """;

    /// <summary>The stranger bears the client's label in another namespace.</summary>
    public static readonly string Elsewhere = $$"""
        apiVersion: v1
        kind: Namespace
        metadata:
          name: elsewhere
          labels: {team: blue}
        {{Pod("elsewhere", "stranger", "app: client")}}
        """;

    /// <param name="ns">Namespace.</param>
    /// <param name="name">Name.</param>
    /// <param name="labels">In flow style.</param>
    /// <param name="web">The TCP port it calls <c>web</c>.</param>
    /// <param name="query">The UDP port it calls <c>query</c>.</param>
    /// <param name="account">Service account.</param>
    private static string Pod(string ns, string name, string labels, int web = 0, int query = 0, string account = "default")
    {
        var tcp = Ports.Select(port => $"{{containerPort: {port}{(port == web ? ", name: web" : "")}}}");
        var udp = Ports.Select(port => $"{{containerPort: {port}, protocol: UDP{(port == query ? ", name: query" : "")}}}");
        return $$"""
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: {{name}}
              namespace: {{ns}}
              labels: { {{labels}} }
            spec:
              serviceAccountName: {{account}}
              containers:
              - name: c
                image: c
                ports: [{{string.Join(", ", [.. tcp, .. udp])}}]
            """;
    }
}
