namespace Axoneme.EndToEnd.Policies;

/// <summary>What services lead to, as far as policy goes: the pods they select, or the addresses behind those that select none.</summary>
[Collection(PolicyCollection.Name)]
public sealed class ServiceTests(PolicyBed bed)
{
    private const string Services = """
        apiVersion: v1
        kind: Service
        metadata: {name: store, namespace: shop, labels: {tier: data}}
        spec: {selector: {app: db}, ports: [{port: 8080}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: partner, namespace: shop}
        spec: {ports: [{port: 8080}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: partner-4, namespace: shop, labels: {kubernetes.io/service-name: partner}}
        addressType: IPv4
        endpoints: [{addresses: [192.0.2.10]}]
        """;

    [Fact]
    public Task A_service_by_name_or_label_leads_to_the_pods_it_selects() => bed.ProveAsync($$$"""
        {{{Services}}}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: to-store, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress: [{toServices: [{k8sServiceSelector: {selector: {matchLabels: {tier: data}}, namespace: shop}}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: to-store-by-name, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: clerk}}
          egress: [{toServices: [{k8sService: {serviceName: store, namespace: shop}}], toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]
        """, """
        client -> db, db-next    pass: tcp/8080 udp/8085
        client -> api, office    drop: tcp/8080
        clerk -> db, db-next     pass: tcp/8080    drop: tcp/8085
        clerk -> api             drop: tcp/8080
        """);

    [Fact]
    public Task A_service_without_selector_leads_to_the_addresses_of_its_slices() => bed.ProveAsync($$$"""
        {{{Services}}}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: to-partner, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress: [{toServices: [{k8sService: {serviceName: partner, namespace: shop}}]}]
        """, """
        client -> office            pass: tcp4/8080    drop: tcp6/8080
        client -> printer, abroad   drop: tcp/8080
        client -> db                drop: tcp/8080
        """);
}
