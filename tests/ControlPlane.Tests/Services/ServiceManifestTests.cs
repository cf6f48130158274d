using Axoneme.Persistence;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Services;

/// <summary>Services from their manifests to their records.</summary>
public sealed class ServiceManifestTests : IAsyncLifetime
{
    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n";
    private const string Slice =
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}\n" +
        "addressType: IPv4\nports: [{name: http, port: 8080}]\nendpoints: [{addresses: [192.0.2.9], zone: z, conditions: {ready: false}}]\n";

    private ServicesFixture _services = null!;

    public async Task InitializeAsync() => _services = await ServicesFixture.StartAsync();

    public async Task DisposeAsync() => await _services.DisposeAsync();

    private static string Service(string name, string spec = "ports: [{port: 80}]") =>
        $"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop, annotations: {{service.cilium.io/global: 'true', other: x}}}}\nspec: {{{spec}}}\n";

    [Fact]
    public async Task A_service_becomes_its_record()
    {
        await _services.ApplyAsync("all.yaml", Service(
            "web",
            "type: LoadBalancer, ipFamilyPolicy: PreferDualStack, clusterIP: 10.96.1.1, ports: [{name: http, port: 80}], externalIPs: [192.0.2.1], sessionAffinity: ClientIP, " +
            "internalTrafficPolicy: Local, externalTrafficPolicy: Local, loadBalancerSourceRanges: [192.0.2.0/24], publishNotReadyAddresses: true") +
            "status: {loadBalancer: {ingress: [{ip: 198.51.100.1}]}}\n");

        Assert.Empty(_services.Sync.Status.Errors);
        var record = _services.Service("web")!;
        var port = record.Ports.Single();
        Assert.InRange(port.NodePort, 30000u, 32767u);
        Assert.InRange(record.HealthCheckNodePort, 30000u, 32767u);
        Assert.NotEqual(port.NodePort, record.HealthCheckNodePort);
        Assert.Equal("10.96.1.1", record.ClusterIps[0]);
        Assert.StartsWith("fd00:10:96::", record.ClusterIps[1]);
        var expected = new ServiceRecord
        {
            Namespace = "shop", Name = "web", Type = "LoadBalancer", ClusterIps = { record.ClusterIps }, ExternalIps = { "192.0.2.1" }, LoadBalancerIps = { "198.51.100.1" },
            Ports = { new ServicePort { Name = "http", Protocol = "TCP", Port = 80, NodePort = port.NodePort } },
            AffinitySeconds = 10800, InternalTrafficLocal = true, ExternalTrafficLocal = true, SourceRanges = { "192.0.2.0/24" }, PublishNotReadyAddresses = true,
            Annotations = { ["service.cilium.io/global"] = "true" }, HealthCheckNodePort = record.HealthCheckNodePort,
        };
        Assert.Equal(expected, record);
    }

    [Fact]
    public async Task A_slice_becomes_its_record()
    {
        await _services.ApplyAsync("all.yaml", Service("web"), Slice);

        var slice = _services.Engine.Log.Find(RecordKind.EndpointSlice, "shop/web-1")!.EndpointSlice;
        Assert.Equal(["web-1: http=8080/TCP -> 192.0.2.9"], _services.Slices("web"));
        Assert.Equal(("web", "IPv4", "z", false, false), (slice.Service, slice.AddressType, slice.Endpoints[0].Zone, slice.Endpoints[0].Ready, slice.Endpoints[0].Serving));
        await _services.ApplyAsync("all.yaml", Service("web"));
        Assert.Empty(_services.Slices("web"));
    }

    [Fact]
    public async Task What_was_allocated_outlives_restarts_and_other_services()
    {
        await _services.ApplyAsync("a.yaml", Service("web", "type: NodePort, ports: [{port: 80}]"));
        var before = _services.Service("web");
        await _services.RestartAsync();

        await _services.ApplyAsync("0.yaml", Service("other", "type: NodePort, ports: [{port: 80}]"));
        await _services.ApplyAsync("a.yaml", Service("web", "type: NodePort, ports: [{port: 80}]"));

        Assert.Equal(before, _services.Service("web"));
        await _services.ApplyAsync("a.yaml");
        Assert.Null(_services.Service("web"));
        await _services.ApplyAsync("z.yaml", Service("third", $"clusterIP: {before!.ClusterIps[0]}, ports: [{{port: 80}}]"));
        Assert.Equal(before.ClusterIps, _services.Service("third")!.ClusterIps);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_that_claim_one_address_the_later_is_refused_and_names_the_other(bool restart)
    {
        await _services.ApplyAsync("b.yaml", Service("first", "clusterIP: 10.96.0.10, ports: [{port: 80}]"));
        if (restart)
        {
            await _services.RestartAsync();
        }

        await _services.ApplyAsync("a.yaml", Service("second", "type: NodePort, ports: [{port: 80}], clusterIP: 10.96.0.10"));

        var error = Assert.Single(_services.Sync.Status.Errors);
        Assert.Equal(("a.yaml", 1, 4, "spec.clusterIP"), (error.File, error.Document, error.Line, error.Field));
        Assert.Contains("Service shop/first's", error.Message);
        Assert.Null(_services.Service("second"));
        Assert.Null(_services.Engine.Log.Find(RecordKind.Policy, "Service/shop/second"));
        Assert.Equal(1, _services.Sync.Status.Accepted["Service"]);

        await _services.ApplyAsync("b.yaml");
        Assert.Equal(["10.96.0.10"], _services.Service("second")!.ClusterIps);
        Assert.Empty(_services.Sync.Status.Errors);
    }

    [Fact]
    public async Task A_node_port_that_is_taken_is_refused_and_what_was_in_force_stays()
    {
        await _services.ApplyAsync("all.yaml", Service("first", "type: NodePort, ports: [{port: 80, nodePort: 30080}]"), Service("second", "type: NodePort, ports: [{port: 80, nodePort: 30081}]"));
        var before = _services.Service("second");

        await _services.ApplyAsync("all.yaml", Service("first", "type: NodePort, ports: [{port: 80, nodePort: 30080}]"), Service("second", "type: NodePort, ports: [{port: 80, nodePort: 30080}]"));

        var error = Assert.Single(_services.Sync.Status.Errors);
        Assert.Equal((2, "spec.ports[0].nodePort"), (error.Document, error.Field));
        Assert.Contains("30080 is Service shop/first's", error.Message);
        Assert.Equal(before, _services.Service("second"));
    }

    [Theory]
    [InlineData("ports: [{port: 80}]", "ports: [{port: 80, protocol: X}]", "spec.ports[0].protocol")]
    [InlineData("ports: [{port: 80}]", "ports: [{port: 80}], clusterIP: nowhere", "spec.clusterIP")]
    [InlineData("kind: Service", "kind: Servise", "kind")]
    public async Task A_service_that_turns_invalid_keeps_what_was_in_force(string good, string bad, string field)
    {
        await _services.ApplyAsync("all.yaml", Service("web"));
        var before = _services.Service("web");
        await _services.RestartAsync();

        await _services.ApplyAsync("all.yaml", Service("web").Replace(good, bad));

        Assert.Equal(field, Assert.Single(_services.Sync.Status.Errors).Field);
        Assert.Equal(before, _services.Service("web"));
        Assert.NotNull(_services.Engine.Log.Find(RecordKind.Policy, "Service/shop/web"));
        await _services.ApplyAsync("all.yaml", Service("other", $"clusterIP: {before!.ClusterIps[0]}, ports: [{{port: 80}}]"), Service("web").Replace(good, bad));
        Assert.Null(_services.Service("other"));
    }

    [Theory]
    [InlineData("addressType: IPv4", "addressType: IP", "addressType")]
    [InlineData("192.0.2.9", "192.0.2", "endpoints[0].addresses[0]")]
    [InlineData("kind: EndpointSlice", "kind: EndpointSlize", "kind")]
    public async Task A_slice_that_turns_invalid_keeps_what_was_in_force(string good, string bad, string field)
    {
        await _services.ApplyAsync("all.yaml", Service("web"), Slice);

        await _services.ApplyAsync("all.yaml", Service("web"), Slice.Replace(good, bad));

        Assert.Equal(field, Assert.Single(_services.Sync.Status.Errors).Field);
        Assert.Equal(["web-1: http=8080/TCP -> 192.0.2.9"], _services.Slices("web"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pod_goes_although_its_service_has_its_name(bool restart)
    {
        await _services.ApplyAsync("all.yaml", Pod, Service("web"), Slice.Replace("name: web-1", "name: web"));
        await Waiting.UntilAsync(() => _services.Engine.Log.Find(RecordKind.Pod, "shop/web") is not null, "the pod is published");
        if (restart)
        {
            await _services.RestartAsync();
        }

        await _services.ApplyAsync("all.yaml", Service("web"), Slice.Replace("name: web-1", "name: web"));

        Assert.Null(_services.Engine.Log.Find(RecordKind.Pod, "shop/web"));
        Assert.NotNull(_services.Service("web"));
        await _services.ApplyAsync("all.yaml", Pod);
        Assert.Null(_services.Service("web"));
        Assert.Empty(_services.Slices("web"));
        await Waiting.UntilAsync(() => _services.Engine.Log.Find(RecordKind.Pod, "shop/web") is not null, "the pod is published again");
    }

    [Fact]
    public async Task A_service_without_its_address_holds_nothing_else_back()
    {
        await _services.ApplyAsync("a.yaml", Service("first", "clusterIP: 10.96.0.10, ports: [{port: 80}]"));
        await _services.ApplyAsync("b.yaml", Service("second"));

        await _services.ApplyAsync("b.yaml", Service("third", "clusterIP: 10.96.0.10, ports: [{port: 80}]"));

        Assert.Null(_services.Service("second"));
        Assert.Null(_services.Engine.Log.Find(RecordKind.Policy, "Service/shop/second"));
        Assert.Null(_services.Service("third"));
        Assert.Single(_services.Sync.Status.Errors);
    }

    [Fact]
    public async Task A_service_that_becomes_a_name_or_headless_gives_its_address_back()
    {
        await _services.ApplyAsync("all.yaml", Service("a", "clusterIP: 10.96.0.10, ports: [{port: 80}]"), Service("b", "clusterIP: 10.96.0.11, ports: [{port: 80}]"));

        await _services.ApplyAsync("all.yaml", Service("a", "type: ExternalName, externalName: a.example"), Service("b", "clusterIP: None"));

        Assert.Null(_services.Service("a"));
        Assert.Empty(_services.Service("b")!.ClusterIps);
        await _services.ApplyAsync("more.yaml", Service("c", "clusterIP: 10.96.0.10, ports: [{port: 80}]"), Service("d", "clusterIP: 10.96.0.11, ports: [{port: 80}]"));
        Assert.Empty(_services.Sync.Status.Errors);
    }

    [Fact]
    public async Task What_the_journal_refuses_is_reported_and_stored_later()
    {
        _services.Journal.FailCommit = _ => new JournalUnavailableException("disk full");
        await _services.ApplyAsync("all.yaml", Service("web"));
        Assert.True(_services.Sync.Status.Waiting);
        _services.Journal.FailCommit = null;

        await _services.ApplyAsync("all.yaml", Service("web"));

        Assert.NotNull(_services.Service("web"));
        Assert.False(_services.Sync.Status.Waiting);
    }

    [Fact]
    public async Task Host_ports_reach_the_pods_record()
    {
        await _services.ApplyAsync("all.yaml", Pod + "spec: {containers: [{ports: [{containerPort: 80, hostPort: 8080, hostIP: 192.0.2.1}, {containerPort: 81}]}]}\n");
        await Waiting.UntilAsync(() => _services.Engine.Log.Find(RecordKind.Pod, "shop/web") is not null, "the pod is published");

        var port = Assert.Single(_services.Engine.Log.Find(RecordKind.Pod, "shop/web")!.Pod.HostPorts);
        Assert.Equal(("192.0.2.1", 8080u, 80u, "TCP"), (port.HostIp, port.HostPort_, port.ContainerPort, port.Protocol));
    }
}
