using System.Net.Sockets;

namespace Axoneme.EndToEnd;

/// <summary>Editing YAML changes what packets may do, for new connections and for open ones.</summary>
public sealed class ChangeTests
{
    [Fact]
    public async Task Editing_a_policy_opens_and_closes_ports()
    {
        await using var node = await Shop.StartAsync();
        var pods = await node.PodsAsync(Shop.Names);
        var (client, server) = (pods["shop/client"], pods["shop/server"]);
        await node.UntilAsync("port 80 is open", () => client.ReachesTcpAsync(server.Ipv4, 80));
        await node.ApplyAsync("policy.yaml", Shop.PolicyFor(8080));
        await node.UntilAsync("port 8080 is open", () => client.ReachesTcpAsync(server.Ipv4, 8080));
        Assert.False(await client.ReachesTcpAsync(server.Ipv4, 80));
        File.Delete(Path.Combine(node.Manifests, "policy.yaml"));
        await node.UntilAsync("everything is open without policy", () => pods["elsewhere/stranger"].ReachesTcpAsync(server.Ipv4, 80));
    }

    [Fact]
    public async Task A_policy_that_no_longer_allows_it_ends_an_open_connection()
    {
        await using var node = await Shop.StartAsync();
        var pods = await node.PodsAsync(Shop.Names);
        using var connection = await OpenAsync(node, pods);
        Assert.True(await EchoesAsync(connection));
        await node.ApplyAsync("policy.yaml", Shop.PolicyFor(8080));
        await node.UntilAsync("the open connection is cut", async () => !await EchoesAsync(connection));
    }

    [Fact]
    public async Task A_label_change_gives_another_identity_and_reaches_open_connections()
    {
        await using var node = await Shop.StartAsync();
        var pods = await node.PodsAsync(Shop.Names);
        using var connection = await OpenAsync(node, pods);
        Assert.True(await EchoesAsync(connection));
        await node.ApplyAsync("pods.yaml", Shop.Pods.Replace("labels: {app: client}", "labels: {app: retired}", StringComparison.Ordinal));
        await node.UntilAsync("the client has another identity", async () => (await node.PodsAsync("shop/client"))["shop/client"].Identity != pods["shop/client"].Identity);
        await node.UntilAsync("the open connection is cut", async () => !await EchoesAsync(connection));
        Assert.Equal(pods["shop/client"].Ipv4, (await node.PodsAsync("shop/client"))["shop/client"].Ipv4);
    }

    [Fact]
    public async Task A_namespace_label_change_reaches_its_pods()
    {
        await using var node = await Shop.StartAsync();
        await node.ApplyAsync("policy.yaml", """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: server, namespace: shop}
            spec:
              podSelector: {matchLabels: {app: server}}
              policyTypes: [Ingress]
              ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}], ports: [{port: http}]}]
            """);
        var pods = await node.PodsAsync(Shop.Names);
        var (client, server, stranger) = (pods["shop/client"], pods["shop/server"], pods["elsewhere/stranger"]);
        await node.UntilAsync("the blue stranger gets in, the red client does not", async () =>
            await stranger.ReachesTcpAsync(server.Ipv4, 80) && !await client.ReachesTcpAsync(server.Ipv4, 80));
        await node.ApplyAsync("stranger.yaml", Shop.Stranger.Replace("team: blue", "team: green", StringComparison.Ordinal));
        await node.UntilAsync("the green stranger does not", async () => !await stranger.ReachesTcpAsync(server.Ipv4, 80));
    }

    [Fact]
    public async Task A_new_pod_starts_and_a_deleted_one_goes_with_its_address()
    {
        await using var node = await Shop.StartAsync();
        await node.PodsAsync(Shop.Names);
        await node.ApplyAsync("more.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: {name: client2, namespace: shop, labels: {app: client}}
            spec: {containers: [{name: c, image: client}]}
            """);
        var pods = await node.PodsAsync("shop/client", "shop/client2", "shop/server");
        Assert.Equal(pods["shop/client"].Identity, pods["shop/client2"].Identity);
        await node.UntilAsync("the new client may what the old one may", () => pods["shop/client2"].ReachesTcpAsync(pods["shop/server"].Ipv6, 80));
        File.Delete(Path.Combine(node.Manifests, "more.yaml"));
        await node.UntilAsync("the pod is gone", async () => !(await node.CliAsync("endpoint", "list")).Output.Contains("client2", StringComparison.Ordinal));
        await node.UntilAsync("its address is nobody's", async () => !(await node.CliAsync("bpf", "ipcache", "list")).Output.Contains(pods["shop/client2"].Ipv4 + "/", StringComparison.Ordinal));
        Assert.False(File.Exists(pods["shop/client2"].NetnsPath));
    }

    internal static async Task<Socket> OpenAsync(Node node, IReadOnlyDictionary<string, Pod> pods)
    {
        Socket? connection = null;
        await node.UntilAsync("the client connects", async () => (connection = await pods["shop/client"].ConnectAsync(pods["shop/server"].Ipv4, 80)) is not null);
        return connection!;
    }

    /// <summary>The responder echoes whatever is not HTTP.</summary>
    internal static async Task<bool> EchoesAsync(Socket connection)
    {
        using var limit = new CancellationTokenSource(500);
        try
        {
            await connection.SendAsync("x\n"u8.ToArray(), limit.Token);
            return await connection.ReceiveAsync(new byte[16], limit.Token) > 0;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
