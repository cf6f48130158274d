namespace Axoneme.EndToEnd.Services;

/// <summary>A Service without a selector, of both families, for TCP and UDP: what stands behind it is what slices say.</summary>
/// <param name="Name">In namespace shop.</param>
/// <param name="Number">Makes its addresses, from 1.</param>
/// <param name="More">More lines of its spec.</param>
/// <param name="Annotations">Its annotations, as they stand between braces.</param>
internal sealed record ManualService(string Name, int Number, string More = "", string Annotations = "")
{
    public const int Port = 80;

    public int NodePort => 30200 + Number;

    public string Yaml => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{Name}}}, namespace: shop, annotations: {{{{Annotations}}}}}
        spec:
          type: LoadBalancer
          ipFamilyPolicy: RequireDualStack
          clusterIPs: ["{{{ClusterIp(4)}}}", "{{{ClusterIp(6)}}}"]
          ports:
            - {name: tcp, port: {{{Port}}}, nodePort: {{{NodePort}}}, protocol: TCP}
            - {name: udp, port: {{{Port}}}, nodePort: {{{NodePort}}}, protocol: UDP}
          {{{More}}}
        status: {loadBalancer: {ingress: [{ip: "{{{LoadBalancerIp(4)}}}"}, {ip: "{{{LoadBalancerIp(6)}}}"}]}}
        """;

    public string ClusterIp(int family) => family == 4 ? $"10.96.2.{Number}" : $"fd00:10:96::2:{Number}";

    public string LoadBalancerIp(int family) => family == 4 ? $"203.0.113.{Number}" : $"2001:db8:113::{Number}";

    /// <summary>A pod with the ports that slices name.</summary>
    public static string Pod(string name, int node) => $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{{name}}}, namespace: shop}
        spec: {nodeName: n{{{node}}}, containers: [{name: c, image: responder, ports: [{containerPort: 8080, protocol: TCP}, {containerPort: 8080, protocol: UDP}]}]}
        """;
}
