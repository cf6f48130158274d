using Axoneme.Persistence;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Services;

/// <summary>A service that selects pods and has no slice of its own.</summary>
public sealed class DerivedSliceTests : IAsyncLifetime
{
    private const string Web =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n" +
        "spec: {selector: {app: web, pod-template-hash: x}, ipFamilyPolicy: PreferDualStack, ports: [{name: http, port: 80, targetPort: http}, {name: dns, port: 53, protocol: UDP}]}\n";

    private const string Slice =
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: hand, namespace: shop, labels: {kubernetes.io/service-name: web}}\n" +
        "addressType: IPv4\nports: [{name: http, port: 1}]\nendpoints: [{addresses: [192.0.2.9]}]\n";

    private ServicesFixture _services = null!;

    public async Task InitializeAsync() => _services = await ServicesFixture.StartAsync();

    public async Task DisposeAsync() => await _services.DisposeAsync();

    // pod-template-hash is no label that identities are made of.
    private static string Pod(string name, int port = 8080, string hash = "x") =>
        $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: web, pod-template-hash: {hash}}}}}\n" +
        $"spec: {{nodeName: n1, containers: [{{ports: [{{name: http, containerPort: {port}}}]}}]}}\n";

    [Fact]
    public async Task Pods_stand_behind_their_service_from_their_report_until_they_go()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a"), Pod("b"));
        await _services.ReportAsync("a", "10.0.0.1", "fd00::1");
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1", "web:ipv6: http=8080/TCP dns=53/UDP -> fd00::1");
        var endpoint = _services.Engine.Log.Find(RecordKind.EndpointSlice, "shop/web:ipv4")!.EndpointSlice.Endpoints.Single();
        Assert.Equal(("n1", "shop/a", true, true, false), (endpoint.Node, endpoint.Pod, endpoint.Ready, endpoint.Serving, endpoint.Terminating));

        await _services.ReportAsync("b", "10.0.0.2");
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1 10.0.0.2", "web:ipv6: http=8080/TCP dns=53/UDP -> fd00::1");

        await _services.ApplyAsync("all.yaml", Web, Pod("b"));
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.2");

        await _services.ReportAsync("b");
        await _services.SlicesAreAsync("web");
    }

    [Fact]
    public async Task Labels_that_identities_leave_out_count_too()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a", hash: "y"));
        await _services.ReportAsync("a", "10.0.0.1");
        await _services.ApplyAsync("all.yaml", Web, Pod("a"));
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1");

        await _services.ApplyAsync("all.yaml", Web, Pod("a", hash: "y"));
        await _services.SlicesAreAsync("web");
    }

    [Fact]
    public async Task Pods_are_grouped_by_what_a_ports_name_means_for_them()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a", 8080), Pod("b", 9090), Pod("c", 8080), Pod("d").Replace("name: http", "name: other"));
        foreach (var (pod, i) in new[] { "a", "b", "c", "d" }.Select((pod, i) => (pod, i + 1)))
        {
            await _services.ReportAsync(pod, $"10.0.0.{i}");
        }

        string[] expected = ["dns=53/UDP -> 10.0.0.4", "http=8080/TCP dns=53/UDP -> 10.0.0.1 10.0.0.3", "http=9090/TCP dns=53/UDP -> 10.0.0.2"];
        await Waiting.UntilAsync(() => _services.Slices("web").Select(slice => slice.Split(": ", 2)[1]).Order().SequenceEqual(expected), "a slice per meaning");
        Assert.Equal(["web:ipv4", "web:ipv4:1", "web:ipv4:2"], _services.Slices("web").Select(slice => slice.Split(": ", 2)[0]));
    }

    [Fact]
    public async Task A_slice_that_is_written_takes_their_place_and_gives_it_back()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a"));
        await _services.ReportAsync("a", "10.0.0.1");
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1");

        await _services.ApplyAsync("slice.yaml", Slice);
        await _services.SlicesAreAsync("web", "hand: http=1/TCP -> 192.0.2.9");

        await _services.ApplyAsync("slice.yaml");
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1");

        await _services.ApplyAsync("all.yaml", Pod("a"));
        await _services.SlicesAreAsync("web");
    }

    [Fact]
    public async Task A_restart_corrects_what_was_left_undone_and_changes_nothing_else()
    {
        await _services.ApplyAsync("all.yaml", Web, Web.Replace("name: web", "name: old"), Pod("a"), Pod("b"));
        await _services.ReportAsync("a", "10.0.0.1");
        await _services.ReportAsync("b", "10.0.0.2");
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1 10.0.0.2");
        await _services.SlicesAreAsync("old", "old:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1 10.0.0.2");
        await _services.RestartAsync(deriving: false);
        await _services.ApplyAsync("all.yaml", Web, Pod("a"));
        Assert.NotEmpty(_services.Slices("old"));

        await _services.RestartAsync();

        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1");
        await _services.SlicesAreAsync("old");
        var head = _services.Engine.Log.Head;
        await _services.RestartAsync();
        await Task.Delay(100);
        Assert.Equal(head, _services.Engine.Log.Head);
    }

    [Fact]
    public async Task What_the_journal_refuses_is_stored_later()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a"));
        _services.Journal.FailCommit = commit => commit.Events.Any(stored => stored.Entity.Kind == "endpoint-slice") ? new JournalUnavailableException("disk full") : null;
        await _services.ReportAsync("a", "10.0.0.1");
        await Task.Delay(50);
        Assert.Empty(_services.Slices("web"));

        _services.Journal.FailCommit = null;

        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.1");
    }

    [Fact]
    public async Task A_pods_zone_is_its_nodes_and_follows_it()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a"));
        await _services.ReportAsync("a", "10.0.0.1");
        await Waiting.UntilAsync(() => Endpoint("web") is { Zone: "" }, "no zone is known");
        await _services.RegisterAsync("n1", "z1");
        await Waiting.UntilAsync(() => Endpoint("web") is { Zone: "z1" }, "the node's zone");
        await _services.RegisterAsync("n1", "z2");
        await _services.RegisterAsync("n2", "z3");
        await Waiting.UntilAsync(() => Endpoint("web") is { Zone: "z2" }, "the node's other zone");
    }

    [Fact]
    public async Task A_pod_on_its_nodes_network_has_the_nodes_addresses()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a").Replace("spec: {", "spec: {hostNetwork: true, "));
        Assert.Empty(_services.Slices("web"));
        await _services.RegisterAsync("n1", "z1", "10.244.0.1", "192.0.2.1", "fd00:10:244::1", "2001:db8::1");
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 192.0.2.1", "web:ipv6: http=8080/TCP dns=53/UDP -> 2001:db8::1");
        Assert.Equal(("n1", "shop/a", true, "z1"), Endpoint("web") is { } endpoint ? (endpoint.Node, endpoint.Pod, endpoint.Ready, endpoint.Zone) : default);
        await _services.ApplyAsync("all.yaml", Web);
        await _services.SlicesAreAsync("web");
    }

    [Theory]
    [InlineData("", "", true, true, false)]
    [InlineData("", "conditions: [{type: ContainersReady, status: \"False\"}, {type: Ready, status: \"True\"}]", true, true, false)]
    [InlineData("", "conditions: [{type: Ready, status: \"False\"}]", false, false, false)]
    [InlineData("", "conditions: [{type: Ready, status: Unknown}]", false, false, false)]
    [InlineData("2026-01-02T03:04:05Z", "", false, true, true)]
    [InlineData("2026-01-02T03:04:05Z", "conditions: [{type: Ready, status: \"False\"}]", false, false, true)]
    public async Task A_pods_status_is_its_endpoints(string deleted, string status, bool ready, bool serving, bool terminating)
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a"));
        await _services.ReportAsync("a", "10.0.0.1");
        await Waiting.UntilAsync(() => Endpoint("web") is { Ready: true }, "ready");
        var pod = Pod("a") + $"status: {{{status}}}\n";
        await _services.ApplyAsync("all.yaml", Web, deleted.Length > 0 ? pod.Replace("name: a,", $"name: a, deletionTimestamp: \"{deleted}\",") : pod);
        await Waiting.UntilAsync(
            () => Endpoint("web") is { } endpoint && (endpoint.Ready, endpoint.Serving, endpoint.Terminating) == (ready, serving, terminating), $"{(ready, serving, terminating)}");
    }

    [Fact]
    public async Task A_pod_that_ran_to_its_end_is_no_endpoint()
    {
        await _services.ApplyAsync("all.yaml", Web, Pod("a"), Pod("b"));
        await _services.ReportAsync("a", "10.0.0.1");
        await _services.ReportAsync("b", "10.0.0.2");
        await _services.ApplyAsync("all.yaml", Web, Pod("a") + "status: {phase: Succeeded}\n", Pod("b") + "status: {phase: Running}\n");
        await _services.SlicesAreAsync("web", "web:ipv4: http=8080/TCP dns=53/UDP -> 10.0.0.2");
    }

    [Fact]
    public async Task Endpoints_stand_for_slices_that_nobody_wrote_where_no_pods_are_selected()
    {
        const string Bare = "apiVersion: v1\nkind: Service\nmetadata: {name: bare, namespace: shop}\nspec: {ports: [{name: http, port: 80}]}\n";
        const string Endpoints =
            "apiVersion: v1\nkind: Endpoints\nmetadata: {name: bare, namespace: shop}\n" +
            "subsets: [{addresses: [{ip: 192.0.2.1, nodeName: n1}, {ip: \"2001:db8::1\"}], notReadyAddresses: [{ip: 192.0.2.2}], ports: [{name: http, port: 8080}]}]\n";
        await _services.ApplyAsync("all.yaml", Bare, Endpoints);
        await _services.SlicesAreAsync("bare", "bare:endpoints:0: http=8080/TCP -> 192.0.2.1 192.0.2.2", "bare:endpoints:1: http=8080/TCP -> 2001:db8::1");
        Assert.Equal([true, false], _services.Engine.Log.Find(RecordKind.EndpointSlice, "shop/bare:endpoints:0")!.EndpointSlice.Endpoints.Select(endpoint => endpoint.Ready));

        await _services.ApplyAsync("slice.yaml", Slice.Replace("service-name: web", "service-name: bare"));
        await _services.SlicesAreAsync("bare", "hand: http=1/TCP -> 192.0.2.9");
        await _services.ApplyAsync("slice.yaml");
        await _services.ApplyAsync("all.yaml", Bare, Endpoints.Replace("namespace: shop}", "namespace: shop, labels: {endpointslice.kubernetes.io/skip-mirror: \"true\"}}"));
        await _services.SlicesAreAsync("bare");
        await _services.ApplyAsync("all.yaml", Bare.Replace("spec: {", "spec: {selector: {app: web}, "), Endpoints);
        await _services.SlicesAreAsync("bare"); // its pods' are its endpoints, and it has none
        await _services.ApplyAsync("all.yaml", Bare, Endpoints.Replace("192.0.2.1", "192.0.2.one"));
        Assert.Contains(_services.Sync.Status.Errors, error => error.Field == "subsets[0].addresses[0].ip");
    }

    private SliceEndpoint? Endpoint(string service) =>
        _services.Engine.Log.List(RecordKind.EndpointSlice).Select(record => record.EndpointSlice).FirstOrDefault(slice => slice.Service == service)?.Endpoints.Single();

    [Fact]
    public async Task A_headless_service_has_its_pods_of_both_families_and_one_without_selector_none()
    {
        await _services.ApplyAsync(
            "all.yaml", Pod("a"), "apiVersion: v1\nkind: Service\nmetadata: {name: bare, namespace: shop}\nspec: {ports: [{port: 80}]}\n",
            "apiVersion: v1\nkind: Service\nmetadata: {name: pods, namespace: shop}\nspec: {clusterIP: None, selector: {app: web}}\n");
        await _services.ReportAsync("a", "10.0.0.1", "fd00::1");

        await _services.SlicesAreAsync("pods", "pods:ipv4:  -> 10.0.0.1", "pods:ipv6:  -> fd00::1");
        Assert.Empty(_services.Service("pods")!.ClusterIps);
        Assert.Empty(_services.Slices("bare"));
    }
}
