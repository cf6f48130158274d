using System.Text.Json;
using Axoneme.Tests;

namespace Axoneme.Cli.Tests;

/// <summary><c>axoneme policy explain</c> and <c>diff</c>: what is asked of the control plane, and how its answer is told.</summary>
public sealed class PolicyQuestionTests : IDisposable
{
    private const string Explained = """
        {"from":{"name":"shop/client","identity":300,"labels":["k8s:app=client"]},"to":{"name":"shop/server","identity":301,"labels":["k8s:app=server"]},
         "traffic":"81/TCP","verdict":"denied",
         "egress":{"verdict":"unrestricted","reason":"no policy restricts this direction","rules":[]},
         "ingress":{"verdict":"dropped","reason":"no rule allows it (default deny)","rules":[],"nearest":{"policy":"CiliumNetworkPolicy/shop/server","section":"ingress[0]","text":"{}"},"lacks":"81/TCP is not in 80/TCP"},
         "notes":[]}
        """;

    private const string Flipped = """
        {"classes":4,"flips":[{"sources":[300,302,303,304],"destinations":[{"identity":301}],"changes":[{"traffic":"80/TCP","ranges":[{"low":393296,"high":393296}],
          "before":{"verdict":"allowed","rules":["ingress: CiliumNetworkPolicy/shop/server ingress[0]"]},"after":{"verdict":"denied","rules":["ingress: no rule allows it (default deny)"]}}]}],
         "ends":[{"name":"shop/client","identity":300,"labels":[]},{"name":"shop/server","identity":301,"labels":[]},{"name":"a","identity":302,"labels":[]},{"name":"b","identity":303,"labels":[]},{"name":"c","identity":304,"labels":[]}],
         "notes":["document 2: Pod p is no policy and is left out"]}
        """;

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Explain_asks_the_admin_socket_and_tells_each_direction()
    {
        await using var admin = FakeAgent.Answering(200, Explained);

        var (code, output, errors) = await RunAsync("policy", "explain", "--from", "shop/client", "--to", "shop/server", "--port", "81", "--admin-socket", admin.SocketPath);

        Assert.Equal((0, ""), (code, errors));
        var request = admin.Requests.Single();
        Assert.Equal("POST /v1/policy/explain HTTP/1.1", request.Line);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse("""{"from":"shop/client","to":"shop/server","port":"81"}""").RootElement, JsonDocument.Parse(request.Body).RootElement), request.Body);
        Assert.Equal(
            """
            From:              shop/client, identity 300 (k8s:app=client)
            To:                shop/server, identity 301 (k8s:app=server)
            Traffic:           81/TCP
            Verdict:           denied

            DIRECTION   VERDICT        BECAUSE
            egress      unrestricted   no policy restricts this direction
            ingress     dropped        no rule allows it (default deny)
                                       nearest: CiliumNetworkPolicy/shop/server ingress[0] {}
                                       lacks: 81/TCP is not in 80/TCP

            """, output, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task Diff_sends_the_policies_of_its_files_and_lists_what_flips()
    {
        await File.WriteAllTextAsync(_file, """
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: server, namespace: shop}
            spec: {endpointSelector: {}, ingress: []}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p}}
            """);
        await using var admin = FakeAgent.Answering(200, Flipped);

        var (code, output, _) = await RunAsync("policy", "diff", "-f", _file, "--delete", "NetworkPolicy/shop/old", "--admin-socket", admin.SocketPath);

        Assert.Equal(1, code);
        var body = JsonDocument.Parse(admin.Requests.Single().Body).RootElement;
        Assert.Equal("NetworkPolicy/shop/old", body.GetProperty("delete")[0].GetString());
        Assert.Equal("server", JsonDocument.Parse(body.GetProperty("documents").GetString()!).RootElement.GetProperty("metadata").GetProperty("name").GetString());
        Assert.Equal(
            """
            note: document 2: Pod p is no policy and is left out
            FROM                TO                  TRAFFIC   BEFORE                                                AFTER
            shop/client (300)   shop/server (301)   80/TCP    allowed                                               denied
            a (302)                                           ingress: CiliumNetworkPolicy/shop/server ingress[0]   ingress: no rule allows it (default deny)
            and 2 more
            4 (source, destination, traffic) classes flip.

            """, output, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task Diff_exits_with_0_when_nothing_flips()
    {
        await using var admin = FakeAgent.Answering(200, """{"classes":0,"flips":[],"ends":[],"notes":[]}""");

        var (code, output, _) = await RunAsync("policy", "diff", "--delete", "NetworkPolicy/shop/old", "--admin-socket", admin.SocketPath);

        Assert.Equal((0, "No verdict flips.\n"), (code, output));
    }

    [Fact]
    public async Task Diff_exits_with_2_on_trouble_and_asks_nothing_about_rejected_files()
    {
        await File.WriteAllTextAsync(_file, "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\nspec: {endpointSelector: {}, ingres: []}\n");
        await using var admin = FakeAgent.Answering(400, """{"error":"delete: \"x\" is not in force","fix":"Write Kind/namespace/name."}""");

        var rejected = await RunAsync("policy", "diff", "-f", _file, "--admin-socket", admin.SocketPath);
        Assert.Equal(2, rejected.Code);
        Assert.Contains("spec.ingres: no such field here; did you mean ingress?", rejected.Errors, StringComparison.Ordinal);
        Assert.Empty(admin.Requests);

        Assert.Equal((2, "", "axoneme: delete: \"x\" is not in force\nWrite Kind/namespace/name.\n"), await RunAsync("policy", "diff", "--delete", "x", "--admin-socket", admin.SocketPath));
        Assert.Equal(2, (await RunAsync("policy", "diff", "--admin-socket", admin.SocketPath)).Code);
        Assert.Equal(2, (await RunAsync("policy", "diff", "--delete", "x", "--admin-socket", "/tmp/axoneme-no-admin-here.sock")).Code);
    }

    [Fact]
    public async Task Without_a_control_plane_explain_says_which_socket_is_meant()
    {
        var (code, _, errors) = await RunAsync("policy", "explain", "--from", "a/b", "--to", "host", "--port", "80", "--socket", "/tmp/axoneme-nowhere/agent.sock");

        Assert.Equal(3, code);
        Assert.Contains("admin socket /tmp/axoneme-nowhere/admin.sock: the socket does not exist", errors, StringComparison.Ordinal);
        Assert.Contains("--admin-socket", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policies_in_force_that_are_not_enforced_as_written_are_warned_about()
    {
        await using var agent = FakeAgent.Answering(200, """
            [{"kind":"CiliumNetworkPolicy","namespace":"shop","name":"names","source":"file:a.yaml#1","revision":7,"document":{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy",
              "metadata":{"name":"names","namespace":"shop"},"spec":{"endpointSelector":{},"egress":[{"toFQDNs":[{"matchName":"example.org"}]}]}}}]
            """);

        foreach (var command in (string[])["get", "list"])
        {
            var (code, output, errors) = await RunAsync("policy", command, "--socket", agent.SocketPath);

            Assert.Equal(0, code);
            Assert.Contains("names", output, StringComparison.Ordinal);
            Assert.StartsWith("warning: CiliumNetworkPolicy/shop/names spec.egress[0].toFQDNs: ", errors, StringComparison.Ordinal);
        }
    }

    private static Task<(int Code, string Output, string Errors)> RunAsync(params string[] command) => Task.Run(() => Shell.Run(command));
}
