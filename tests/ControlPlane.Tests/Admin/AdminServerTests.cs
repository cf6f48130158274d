using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Axoneme.ControlPlane.Tests.Entities;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Admin;

/// <summary>A whole control plane on a real directory, asked over its real sockets.</summary>
public sealed class AdminServerTests() : AskedControlPlane(AdminServerTests.Manifests)
{
    private const string Manifests =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: all}
        spec: {endpointSelector: {}, ingress: [{}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: d}
        """;

    private const string Service =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {clusterIP: 10.96.0.10, ports: [{name: http, port: 80}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints:
        - {addresses: [10.0.0.1], nodeName: n1, targetRef: {kind: Pod, name: web}}
        - {addresses: [10.0.0.2], conditions: {ready: false, serving: true, terminating: true}}
        - {addresses: [10.0.0.3], conditions: {ready: false}}
        """;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Waiting.UntilAsync(() => Host.Log.List(RecordKind.Pod).Count == 1 && Host.Manifests.Version > 0, "the manifests are applied");
    }

    [Fact]
    public async Task Kinds_are_listed_with_their_counts()
    {
        var kinds = (await GetAsync("/v1/actors")).GetProperty("kinds").EnumerateArray()
            .ToDictionary(k => k.GetProperty("kind").GetString()!, k => k.GetProperty("count").GetInt32());

        Assert.Equal((1, 1, 1, 1), (kinds["endpoint"], kinds["policy"], kinds["identity-allocator"], kinds["setting"]));
        Assert.Equal(0, kinds["node"]);
    }

    [Fact]
    public async Task Services_are_listed_and_one_is_shown_with_its_backends()
    {
        ManifestDirectory.Write("service.yaml", Service);
        await Waiting.UntilAsync(() => Host.Log.List(RecordKind.Service).Count + Host.Log.List(RecordKind.EndpointSlice).Count == 2, "the service is applied");

        var listed = (await GetAsync("/v1/services")).GetProperty("services").EnumerateArray().Single();
        Assert.Equal("default/web ClusterIP 10.96.0.10", $"{listed.GetProperty("namespace")}/{listed.GetProperty("name")} {listed.GetProperty("type")} {listed.GetProperty("clusterIps")[0]}");
        Assert.Equal((1, 3), (listed.GetProperty("backendCount").GetProperty("ready").GetInt32(), listed.GetProperty("backendCount").GetProperty("total").GetInt32()));
        Assert.False(listed.TryGetProperty("backends", out _));

        var one = await GetAsync("/v1/services/default/web");

        Assert.Equal(
            ["10.0.0.1 ready 8080 web-1", "10.0.0.2 serving 8080 web-1", "10.0.0.3 not ready 8080 web-1"],
            one.GetProperty("backends").EnumerateArray().Select(b => $"{b.GetProperty("address")} {b.GetProperty("state")} {b.GetProperty("ports")[0].GetProperty("port")} {b.GetProperty("slice")}"));
        Assert.Equal("default/web", one.GetProperty("backends")[0].GetProperty("pod").GetString());
        Assert.Equal("web", (await GetAsync("/v1/actors/service/default/web")).GetProperty("state").GetProperty("applied").GetProperty("service").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("/v1/actors/endpoint/default/web")]
    [InlineData("/v1/actors/endpoint/default%2Fweb")]
    public async Task An_actor_is_shown_whether_its_slash_is_encoded_or_not(string path)
    {
        var actor = await GetAsync(path);

        Assert.Equal("default/web", actor.GetProperty("id").GetString());
        Assert.Equal("web", actor.GetProperty("state").GetProperty("desired").GetProperty("name").GetString());
        Assert.Equal(Host.Log.Find(RecordKind.Pod, "default/web")!.Revision, actor.GetProperty("revision").GetUInt64());
        Assert.Equal((0, 0L), (actor.GetProperty("mailboxDepth").GetInt32(), actor.GetProperty("failures").GetInt64()));
        Assert.InRange(actor.GetProperty("lastEventTime").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task An_id_with_an_empty_segment_is_found()
    {
        Assert.Equal(1, (await GetAsync("/v1/actors/policy/CiliumClusterwideNetworkPolicy//all")).GetProperty("sequence").GetInt64());
        var ids = (await GetAsync("/v1/actors/policy")).GetProperty("ids").EnumerateArray().Select(id => id.GetString());
        Assert.Equal(["CiliumClusterwideNetworkPolicy//all"], ids);
    }

    [Fact]
    public async Task State_is_shown_by_kind_and_key_with_revisions()
    {
        var all = await GetAsync("/v1/state/identity");
        var number = all.GetProperty("records")[0].GetProperty("key").GetString();
        var one = await GetAsync($"/v1/state/IDENTITY?key={number}");

        Assert.Equal(Host.Log.Epoch, all.GetProperty("epoch").GetUInt64());
        Assert.Equal("k8s:app=web", one.GetProperty("records")[0].GetProperty("value").GetProperty("labels")[0].GetString());
        Assert.True(one.GetProperty("records")[0].GetProperty("revision").GetUInt64() > 0);
        Assert.Empty((await GetAsync("/v1/state/identity?key=1")).GetProperty("records").EnumerateArray());
    }

    [Theory]
    [InlineData("/v1/services/default/api", "no service \"default/api\"")]
    [InlineData("/v1/actors/pods", "there are endpoint, endpoint-slice, identity-allocator, identity-shard")]
    [InlineData("/v1/actors/pods/x", "there are endpoint, endpoint-slice, identity-allocator, identity-shard")]
    [InlineData("/v1/actors/endpoint/default/none", "no endpoint \"default/none\"")]
    [InlineData("/v1/state/pods", "there are identity, ip, node, service, policy, config, pod, endpointslice")]
    [InlineData("/v2", "there is nothing at /v2")]
    public async Task What_is_not_there_is_404_and_says_what_is(string path, string error)
    {
        var answer = await GetAsync(path, HttpStatusCode.NotFound);

        Assert.Contains(error, answer.GetProperty("error").GetString());
        Assert.NotEqual("", answer.GetProperty("fix").GetString());
    }

    [Fact]
    public async Task Manifest_errors_are_shown_with_file_document_line_and_field()
    {
        var manifests = await GetAsync("/v1/manifests");
        var error = manifests.GetProperty("errors")[0];

        Assert.Equal(1, manifests.GetProperty("accepted").GetProperty("Pod").GetInt32());
        Assert.Equal(("all.yaml", 3, 11, "kind"), (
            error.GetProperty("file").GetString(), error.GetProperty("document").GetInt32(), error.GetProperty("line").GetInt32(),
            error.GetProperty("field").GetString()));
    }

    [Fact]
    public async Task Nodes_are_shown_with_what_they_enforce()
    {
        await Host.Reports.RegisterNodeAsync(new NodeRegistration { Name = "n1", PodCidrs = { "10.0.0.0/24" } }, CancellationToken.None);
        await Host.Stream.AcknowledgeAsync(
            new AppliedRevision { Node = "n1", Epoch = Host.Log.Epoch, Revision = Host.Log.Head - 1 }, CancellationToken.None);

        var node = (await GetAsync("/v1/nodes")).GetProperty("nodes")[0];

        Assert.Equal(("n1", 1UL), (node.GetProperty("name").GetString(), node.GetProperty("behind").GetUInt64()));
        Assert.Contains("axoneme_node_applied_revision{node=\"n1\"}", await Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task Health_and_metrics_answer()
    {
        Assert.Equal("ok", (await GetAsync("/healthz")).GetProperty("status").GetString());
        var metrics = await Http.GetStringAsync("/metrics");
        Assert.Contains("\ncilium_identity{type=\"cluster_local\"} 1\n", metrics);
        Assert.Contains("\ncilium_policy 1\n", metrics);
        Assert.Contains("\naxoneme_journal_writable 1\n", metrics);
        Assert.Contains("\naxoneme_manifest_errors 1\n", metrics);
    }

    [Fact]
    public async Task The_unix_socket_answers_and_is_its_owners_only()
    {
        var socket = Path.Combine(StateDirectory.Path, "admin.sock");
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);

        Assert.Contains("ok", await http.GetStringAsync("http://controlplane/healthz"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
    }

    [Fact]
    public async Task Writing_methods_are_refused()
    {
        var answer = await Http.PostAsync("/v1/actors", null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task A_restart_loses_no_identity_endpoint_or_address_and_goes_on_in_the_same_epoch()
    {
        await Host.Reports.ReportEndpointAsync(Given.Report("web", "c1", "10.0.0.1"), CancellationToken.None);
        var (epoch, head, identity) = (Host.Log.Epoch, Host.Log.Head, Host.Log.Find(RecordKind.Pod, "default/web")!.Pod.Identity);
        await Host.DisposeAsync();

        Host = await StartAsync();

        Assert.Equal((epoch, head), (Host.Log.Epoch, Host.Log.Head));
        Assert.Equal(identity, Host.Log.Find(RecordKind.Ip, "10.0.0.1")!.Ip.Identity);
        await using var reader = Host.Stream.SubscribeAsync(new Cursor { Epoch = epoch, Revision = head }, CancellationToken.None).GetAsyncEnumerator();
        var next = reader.MoveNextAsync().AsTask();
        ManifestDirectory.Write("second.yaml", Manifests.Split("---")[0].Replace("name: web", "name: web-2"));
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal((false, "default/web-2", identity), (reader.Current.Snapshot, reader.Current.Records[0].Key, reader.Current.Records[0].Pod.Identity));
    }

    [Fact]
    public async Task A_missing_manifest_directory_is_named()
    {
        var options = new ControlPlaneOptions { StateDirectory = StateDirectory.Path, ManifestDirectory = "/no/such", AdminAddress = null };

        var missing = await Assert.ThrowsAsync<DirectoryNotFoundException>(() =>
            ControlPlaneHost.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None));

        Assert.Contains("/no/such", missing.Message);
    }

    private async Task<JsonElement> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await Http.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{path}: {response.StatusCode} {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(text).RootElement;
    }

    [Fact]
    public async Task When_following_theManifestDirectory_fails_theHost_and_its_health_say_so()
    {
        await ((ControlPlane.Engine.InProcessEngine)Host.Engine).DisposeAsync();

        ManifestDirectory.Write("new.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: new}\n");

        await Assert.ThrowsAsync<ControlPlane.Engine.EngineStoppedException>(() => Host.Completion.WaitAsync(TimeSpan.FromSeconds(20)));
        using var health = await Http.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("restart the control plane", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
