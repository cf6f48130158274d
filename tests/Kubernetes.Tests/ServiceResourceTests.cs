namespace Axoneme.Kubernetes.Tests;

public sealed class ServiceResourceTests
{
    private static ManifestDocument Document(string yaml) => Assert.Single(YamlDocuments.Read("a.yaml", yaml).Documents);

    private static ResourceReadResult<ServiceResource> Read(string rest) => ServiceResource.Read(Document($"apiVersion: v1\nkind: Service\n{rest}"));

    private static ResourceReadResult<EndpointSliceResource> ReadSlice(string rest) =>
        EndpointSliceResource.Read(Document($"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-1, labels: {{kubernetes.io/service-name: web}}}}\n{rest}"));

    [Fact]
    public void A_service_is_read()
    {
        var result = Read("""
            metadata:
              name: web
              namespace: shop
              annotations: {service.cilium.io/global: "true", other: x}
            spec:
              type: LoadBalancer
              selector: {app: web}
              clusterIP: 10.96.0.10
              clusterIPs: [10.96.0.10, "fd00:10:96:0::a"]
              ipFamilies: [IPv4, IPv6]
              ipFamilyPolicy: RequireDualStack
              ports:
              - {name: http, port: 80, targetPort: web, nodePort: 30080}
              - {name: dns, port: 53, protocol: UDP, targetPort: 5353}
              - {name: sctp, port: 9, protocol: SCTP}
              externalIPs: [192.0.2.7]
              sessionAffinity: ClientIP
              sessionAffinityConfig: {clientIP: {timeoutSeconds: 30}}
              internalTrafficPolicy: Local
              externalTrafficPolicy: Local
              healthCheckNodePort: 30081
              loadBalancerSourceRanges: [192.0.2.9/24, " 2001:db8::1/33"]
              publishNotReadyAddresses: true
              allocateLoadBalancerNodePorts: false
            status: {loadBalancer: {ingress: [{ip: 198.51.100.1}, {hostname: lb.example}]}}
            """);
        Assert.Empty(result.Errors);
        var service = result.Resource!;
        Assert.Equal(("shop", "web", "LoadBalancer", "web"), (service.Namespace, service.Name, service.Type, service.Selector["app"]));
        Assert.Equal(["10.96.0.10", "fd00:10:96::a"], service.ClusterIps.AsEnumerable());
        Assert.Equal(["IPv4", "IPv6"], service.IpFamilies.AsEnumerable());
        Assert.Equal("RequireDualStack", service.IpFamilyPolicy);
        Assert.Equal(
            [
                new("http", "TCP", 80, new TargetPort(0, "web"), 30080),
                new("dns", "UDP", 53, new TargetPort(5353), 0),
                new ServicePortResource("sctp", "SCTP", 9, new TargetPort(9), 0),
            ],
            service.Ports.AsEnumerable());
        Assert.Equal(("192.0.2.7", "198.51.100.1"), (Assert.Single(service.ExternalIps), Assert.Single(service.LoadBalancerIps)));
        Assert.Equal(["192.0.2.0/24", "2001:db8::/33"], service.SourceRanges.AsEnumerable());
        Assert.Equal((30, 30081), (service.AffinitySeconds, service.HealthCheckNodePort));
        Assert.True(service is { InternalTrafficLocal: true, ExternalTrafficLocal: true, PublishNotReadyAddresses: true, WantsHealthCheckNodePort: true, WantsNodePorts: false, Headless: false });
    }

    [Fact]
    public void A_bare_service_gets_defaults()
    {
        var service = Read("metadata: {name: web}\nspec: {ports: [{port: 80}], sessionAffinity: ClientIP, clusterIP: \"\"}").Resource!;
        Assert.Equal(("default", "ClusterIP", 10800, null), (service.Namespace, service.Type, service.AffinitySeconds, service.IpFamilyPolicy));
        Assert.Equal(new ServicePortResource("", "TCP", 80, new TargetPort(80), 0), Assert.Single(service.Ports));
        Assert.Empty(service.ClusterIps);
        Assert.Empty(service.Selector);
        Assert.False(service.Headless || service.InternalTrafficLocal || service.ExternalTrafficLocal || service.PublishNotReadyAddresses);
    }

    [Theory]
    [InlineData("spec: {clusterIP: None}", true)]
    [InlineData("spec: {clusterIPs: [None], ports: [{port: 1}]}", true)]
    [InlineData("spec: {type: ExternalName, externalName: a.example}", false)]
    public void Who_has_no_address_needs_no_ports(string spec, bool headless)
    {
        var result = Read($"metadata: {{name: web}}\n{spec}");
        Assert.Empty(result.Errors);
        Assert.Equal(headless, result.Resource!.Headless);
        Assert.Empty(result.Resource.ClusterIps);
    }

    [Theory]
    [InlineData("type: Cluster", "spec.type", "must be ClusterIP, NodePort, LoadBalancer or ExternalName")]
    [InlineData("ports: []", "spec.ports", "is missing; write one port at least")]
    [InlineData("ports: [{}]", "spec.ports[0].port", "is missing")]
    [InlineData("ports: [{port: 0}]", "spec.ports[0].port", "from 1 to 65535")]
    [InlineData("ports: [{port: '80'}]", "spec.ports[0].port", "must be a number")]
    [InlineData("ports: [{port: 80, protocol: tcp}]", "spec.ports[0].protocol", "must be TCP, UDP or SCTP")]
    [InlineData("ports: [{port: 80, name: Http}]", "spec.ports[0].name", "is not a port name")]
    [InlineData("ports: [{port: 80, name: a}, {port: 81}]", "spec.ports[1].name", "is missing")]
    [InlineData("ports: [{port: 80, name: a}, {port: 81, name: a}]", "spec.ports[1].name", "names two ports")]
    [InlineData("ports: [{port: 80, name: a}, {port: 80, name: b}]", "spec.ports[1].port", "is written twice")]
    [InlineData("ports: [{port: 80, targetPort: '8080'}]", "spec.ports[0].targetPort", "without quotes")]
    [InlineData("ports: [{port: 80, targetPort: 70000}]", "spec.ports[0].targetPort", "from 1 to 65535")]
    [InlineData("ports: [{port: 80, nodePort: 30080}]", "spec.ports[0].nodePort", "is for type NodePort or LoadBalancer, is with ClusterIP")]
    [InlineData("type: NodePort, ports: [{port: 80, nodePort: 8080}]", "spec.ports[0].nodePort", "from 30000 to 32767, is 8080")]
    [InlineData("type: NodePort, ports: [{port: 1, name: a, nodePort: 30001}, {port: 2, name: b, nodePort: 30001}]", "spec.ports[1].nodePort", "is written twice")]
    [InlineData("clusterIP: nowhere", "spec.clusterIP", "is not an IP address")]
    [InlineData("clusterIP: '10.1'", "spec.clusterIP", "is not an IP address")]
    [InlineData("clusterIP: 127.0.0.1", "spec.clusterIP", "loopback")]
    [InlineData("clusterIP: None, type: NodePort", "spec.clusterIP", "None is for type ClusterIP")]
    [InlineData("clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2]", "spec.clusterIPs[0]", "must be what clusterIP is")]
    [InlineData("clusterIPs: [10.0.0.1, 10.0.0.2]", "spec.clusterIPs", "two addresses of one family")]
    [InlineData("clusterIPs: [10.0.0.1, 'fd00::1'], ipFamilyPolicy: SingleStack", "spec.ipFamilyPolicy", "SingleStack with two clusterIPs")]
    [InlineData("clusterIP: 10.0.0.1, ipFamilies: [IPv6]", "spec.ipFamilies[0]", "the address at its place is 10.0.0.1")]
    [InlineData("ipFamilies: [ipv6]", "spec.ipFamilies[0]", "must be IPv4 or IPv6")]
    [InlineData("ipFamilies: [IPv6, IPv6]", "spec.ipFamilies[1]", "is written twice")]
    [InlineData("ipFamilyPolicy: Dual", "spec.ipFamilyPolicy", "must be SingleStack, PreferDualStack or RequireDualStack")]
    [InlineData("externalIPs: [192.0.2.1, 'fe80::1']", "spec.externalIPs[1]", "link-local")]
    [InlineData("externalIPs: 192.0.2.1", "spec.externalIPs", "must be a list")]
    [InlineData("sessionAffinity: Client", "spec.sessionAffinity", "must be None or ClientIP")]
    [InlineData("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}", "spec.sessionAffinityConfig.clientIP.timeoutSeconds", "from 1 to 86400")]
    [InlineData("internalTrafficPolicy: Node", "spec.internalTrafficPolicy", "must be Cluster or Local")]
    [InlineData("externalTrafficPolicy: local", "spec.externalTrafficPolicy", "must be Cluster or Local")]
    [InlineData("loadBalancerSourceRanges: [192.0.2.1]", "spec.loadBalancerSourceRanges[0]", "is not a network")]
    [InlineData("loadBalancerSourceRanges: [192.0.2.0/33]", "spec.loadBalancerSourceRanges[0]", "is not a network")]
    [InlineData("healthCheckNodePort: 30000", "spec.healthCheckNodePort", "with externalTrafficPolicy Local")]
    [InlineData("publishNotReadyAddresses: 'no'", "spec.publishNotReadyAddresses", "must be true or false")]
    [InlineData("selector: {app: [a]}", "spec.selector.app", "must be text")]
    [InlineData("selector: {app: a b}", "spec.selector.app", "is not a label value")]
    public void Bad_services_are_refused_with_field_and_line(string spec, string field, string message)
    {
        var result = Read($"metadata: {{name: web}}\nspec: {{{spec}{(spec.Contains("ports:", StringComparison.Ordinal) ? "" : ", ports: [{port: 80}]")}}}");
        Assert.Null(result.Resource);
        var error = Assert.Single(result.Errors);
        Assert.Equal((field, 4), (error.Field, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_ingress_address_and_header_are_refused()
    {
        var result = Read("metadata: {name: a.b, namespace: X}\nspec: {ports: [{port: 1}]}\nstatus: {loadBalancer: {ingress: [{ip: 192.0.2}]}}");
        Assert.Equal(["metadata.name", "metadata.namespace", "status.loadBalancer.ingress[0].ip"], result.Errors.Select(error => error.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_slice_is_read_and_conditions_that_are_not_written_mean_ready()
    {
        var result = ReadSlice("""
            addressType: IPv6
            ports:
            - {name: http, port: 8080}
            - {name: dns, port: 53, protocol: UDP}
            endpoints:
            - {addresses: ["fd00:0::1"], nodeName: n1, zone: z1, targetRef: {kind: Pod, name: web-0}}
            - {addresses: ["fd00::2"], conditions: {ready: false}, targetRef: {kind: Pod, name: web-1, namespace: other}}
            - {addresses: ["fd00::3", "fd00::4"], conditions: {ready: false, serving: true, terminating: true}, targetRef: {kind: VM, name: v}}
            - {addresses: ["fd00::5"], conditions: {ready: null, serving: null, terminating: null}}
            """);
        Assert.Empty(result.Errors);
        var slice = result.Resource!;
        Assert.Equal(("default", "web-1", "web", "IPv6", true), (slice.Namespace, slice.Name, slice.Service, slice.AddressType, slice.HasAddresses));
        Assert.Equal([new("http", "TCP", 8080), new EndpointPortResource("dns", "UDP", 53)], slice.Ports.AsEnumerable());
        Assert.Equal(
            [
                "fd00::1 n1 z1 default/web-0 True True False",
                "fd00::2   other/web-1 False False False",
                "fd00::3,fd00::4    False True True",
                "fd00::5    True True False",
            ],
            slice.Endpoints.Select(e => $"{string.Join(',', e.Addresses)} {e.NodeName} {e.Zone} {e.Pod} {e.Ready} {e.Serving} {e.Terminating}"));
    }

    [Fact]
    public void A_slice_of_names_leads_nowhere() =>
        Assert.False(ReadSlice("addressType: FQDN\nendpoints: [{addresses: [a.example]}]").Resource!.HasAddresses);

    [Theory]
    [InlineData("endpoints: []", "addressType", "is missing; write IPv4")]
    [InlineData("addressType: ipv4", "addressType", "must be IPv4, IPv6 or FQDN")]
    [InlineData("addressType: IPv4\nendpoints: [{addresses: ['fd00::1']}]", "endpoints[0].addresses[0]", "is not of addressType IPv4")]
    [InlineData("addressType: IPv4\nendpoints: [{addresses: [a]}]", "endpoints[0].addresses[0]", "is not an IP address")]
    [InlineData("addressType: IPv4\nendpoints: [{addresses: []}]", "endpoints[0].addresses", "1 to 100 members")]
    [InlineData("addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], conditions: {ready: 'yes'}}]", "endpoints[0].conditions.ready", "must be true or false")]
    [InlineData("addressType: IPv4\nports: [{name: a}]", "ports[0].port", "is missing")]
    [InlineData("addressType: IPv4\nports: [{name: a, port: 1}, {name: a, port: 2}]", "ports[1].name", "names two ports")]
    [InlineData("addressType: IPv4\nports: [{port: 1, protocol: X}]", "ports[0].protocol", "must be TCP, UDP or SCTP")]
    public void Bad_slices_are_refused_with_their_fields(string rest, string field, string message)
    {
        var error = Assert.Single(ReadSlice(rest).Errors);
        Assert.Equal(field, error.Field);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Host_ports_of_pods_are_read()
    {
        var pod = PodResource.Read(Document("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 80, hostPort: 8080, hostIP: 192.0.2.1}, {containerPort: 53, hostPort: 53, protocol: UDP, hostIP: 0.0.0.0}]}]}")).Resource!;
        Assert.Equal([new(80, null, "TCP", 8080, "192.0.2.1"), new ContainerPort(53, null, "UDP", 53)], pod.Ports.AsEnumerable());
    }

    [Theory]
    [InlineData("{containerPort: 80, hostPort: 65536}", "hostPort", "from 0 to 65535")]
    [InlineData("{containerPort: 80, hostPort: 80, hostIP: any}", "hostIP", "is not an address")]
    public void Bad_host_ports_are_refused(string port, string field, string message)
    {
        var error = Assert.Single(PodResource.Read(Document($"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{ports: [{port}]}}]}}")).Errors);
        Assert.Equal("spec.containers[0].ports[0]." + field, error.Field);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_containers_cannot_have_one_host_port()
    {
        var error = Assert.Single(PodResource.Read(Document(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 80, hostPort: 80}]}, {ports: [{containerPort: 81, hostPort: 80}]}]}")).Errors);
        Assert.Equal("spec.containers[1].ports[0].hostPort", error.Field);
    }

    [Theory]
    [InlineData("PreferClose")]
    [InlineData("PreferSameZone")]
    [InlineData("PreferSameNode")]
    public void Traffic_distribution_is_read(string distribution) => Assert.Equal(
        distribution,
        ServiceResource.Read(Document($"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{trafficDistribution: {distribution}, ports: [{{port: 80}}]}}\n")).Resource!.TrafficDistribution);

    [Fact]
    public void Another_traffic_distribution_is_refused()
    {
        var error = Assert.Single(ServiceResource.Read(Document("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {trafficDistribution: Near, ports: [{port: 80}]}\n")).Errors);
        Assert.Equal(("spec.trafficDistribution", "must be PreferClose, PreferSameZone or PreferSameNode, is \"Near\""), (error.Field, error.Message));
    }

    [Fact]
    public void Hints_of_endpoints_are_read()
    {
        var slice = ReadSlice("addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], hints: {forZones: [{name: z1}, {name: z2}], forNodes: [{name: n1}]}}, {addresses: [10.0.0.2]}]\n").Resource!;
        Assert.Equal(["z1,z2|n1", "|"], slice.Endpoints.Select(endpoint => $"{string.Join(',', endpoint.ZoneHints)}|{string.Join(',', endpoint.NodeHints)}"));
        Assert.Equal("endpoints[0].hints.forZones[0].name", Assert.Single(ReadSlice("addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], hints: {forZones: [{}]}}]\n").Errors).Field);
    }
}
