namespace Axoneme.EndToEnd;

/// <summary>kill -9 of the server: nothing acknowledged is lost, and the kernel goes on judging meanwhile.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_open_stream_loses_no_byte_and_a_denied_path_stays_denied(bool forceClsact)
    {
        await using var node = await Shop.StartAsync(new NodeOptions { ForceClsact = forceClsact });
        var pods = await node.PodsAsync(Shop.Names);
        var (client, server, stranger) = (pods["shop/client"], pods["shop/server"], pods["elsewhere/stranger"]);
        await node.UntilAsync("port 80 is open", () => client.ReachesTcpAsync(server.Ipv4, 80));
        await using var stream = await NumberStream.StartAsync(client, server, server.Ipv4, 7000);

        await node.KillServerAsync();
        Assert.True(await client.ReachesTcpAsync(server.Ipv4, 80), "an allowed connection could not be opened without the server");
        Assert.False(await stranger.ReachesTcpAsync(server.Ipv4, 80));
        await node.StartServerAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.False(await stranger.ReachesTcpAsync(server.Ipv4, 80));
        }

        await node.PodsAsync(Shop.Names);
        var (sent, received) = await stream.StopAsync();
        Assert.Equal(sent, received);
        Assert.True(sent > 100);
    }

    [Fact]
    public async Task Identities_endpoints_and_addresses_are_the_same_after_the_crash()
    {
        await using var node = await Shop.StartAsync();
        var before = await node.PodsAsync(Shop.Names);
        var identities = await IdentitiesAsync(node);
        await node.KillServerAsync();
        await node.StartServerAsync();
        var after = await node.PodsAsync(Shop.Names);
        Assert.Equal(before.Values.OrderBy(pod => pod.FullName), after.Values.OrderBy(pod => pod.FullName));
        Assert.Equal(identities, await IdentitiesAsync(node));
    }

    [Fact]
    public async Task Killed_again_and_again_while_pods_come_and_go_no_address_and_no_identity_is_given_twice()
    {
        await using var node = await Shop.StartAsync();
        for (var round = 0; round < 4; round++)
        {
            await node.ApplyAsync("churn.yaml", string.Join("\n---\n", Enumerable.Range(round, 4).Select(i => $$"""
                apiVersion: v1
                kind: Pod
                metadata: {name: "churn-{{i}}", namespace: shop, labels: {app: "churn{{i}}" } }
                spec: {containers: [{name: c, image: churn}]}
                """)));
            await Task.Delay(150 * round);
            await node.KillServerAsync();
            await node.StartServerAsync();
        }

        var names = Shop.Names.Concat(Enumerable.Range(3, 4).Select(i => $"shop/churn-{i}")).ToArray();
        await node.UntilAsync("the others are gone", async () =>
            (await node.AgentAsync("/v1/endpoints")).EnumerateArray().Count(endpoint => endpoint.GetProperty("pod").GetString() != "") == names.Length); // the node is one, too
        var pods = await node.PodsAsync(names);
        Assert.Equal(names.Order(), pods.Keys.Order());
        Assert.Equal(names.Length, pods.Values.Select(pod => pod.Ipv4).Distinct().Count());
        Assert.Equal(names.Length, pods.Values.Select(pod => pod.Ipv6).Distinct().Count());
        var identities = await IdentitiesAsync(node);
        Assert.Equal(identities.Count, identities.Values.Distinct().Count());
        Assert.True(await pods["shop/client"].ReachesTcpAsync(pods["shop/server"].Ipv4, 80));
        Assert.False(await pods["elsewhere/stranger"].ReachesTcpAsync(pods["shop/server"].Ipv4, 80));
    }

    [Fact]
    public async Task What_changed_while_the_server_was_dead_is_in_force_after_it_came_back()
    {
        await using var node = await Shop.StartAsync();
        var pods = await node.PodsAsync(Shop.Names);
        var (client, server) = (pods["shop/client"], pods["shop/server"]);
        await node.UntilAsync("port 80 is open", () => client.ReachesTcpAsync(server.Ipv4, 80));
        await node.KillServerAsync();
        await node.ApplyAsync("policy.yaml", Shop.PolicyFor(8080));
        Assert.True(await client.ReachesTcpAsync(server.Ipv4, 80));
        await node.StartServerAsync();
        await node.UntilAsync("the new policy is in force", async () =>
            await client.ReachesTcpAsync(server.Ipv4, 8080) && !await client.ReachesTcpAsync(server.Ipv4, 80));
    }

    private static async Task<Dictionary<string, string>> IdentitiesAsync(Node node) =>
        (await node.CliJsonAsync("identity", "list")).EnumerateArray()
            .Where(identity => identity.GetProperty("id").GetUInt32() is >= 256 and < 1 << 24)
            .ToDictionary(identity => identity.GetProperty("id").ToString(), identity => identity.GetProperty("labels").ToString());
}
