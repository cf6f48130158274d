namespace Axoneme.EndToEnd;

/// <summary>Wrong manifests are reported with file, document and field, and change nothing that is in force.</summary>
public sealed class BadInputTests(BadInputTests.Bed bed) : IClassFixture<BadInputTests.Bed>
{
    [Theory]
    [InlineData("broken YAML", "kind: [", "bad.yaml", "")]
    [InlineData("unknown kind", "apiVersion: v1\nkind: Gizmo\nmetadata: {name: x}", "bad.yaml", "Gizmo")]
    [InlineData("port out of range", "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: bad, namespace: shop}\nspec: {endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: \"70000\"}]}]}]}", "bad.yaml", "spec.ingress[0].toPorts[0].ports[0].port")]
    [InlineData("a CIDR that does not parse", "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: bad, namespace: shop}\nspec: {endpointSelector: {}, ingress: [{fromCIDR: [\"10.0.0.0/40\"]}]}", "bad.yaml", "spec.ingress[0].fromCIDR[0]")]
    [InlineData("a bad selector", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: bad, namespace: shop}\nspec: {podSelector: {matchExpressions: [{key: app, operator: Near, values: [x]}]}}", "bad.yaml", "spec.podSelector.matchExpressions[0].operator")]
    [InlineData("an unsupported field", "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: bad, namespace: shop}\nspec: {endpointSelector: {}, ingres: []}", "bad.yaml", "spec.ingres")]
    public async Task Each_mistake_is_named_and_changes_nothing(string what, string yaml, string file, string names)
    {
        await bed.Node.ApplyAsync(file, yaml);
        await bed.Node.UntilAsync($"{what} is reported", async () =>
        {
            var text = (await bed.Node.AdminAsync("/v1/manifests")).ToString();
            return text.Contains(file, StringComparison.Ordinal) && text.Contains(names, StringComparison.Ordinal);
        });
        await AssertInForceAsync();
        File.Delete(Path.Combine(bed.Node.Manifests, file));
        await bed.Node.UntilAsync("the report is gone", async () => !(await bed.Node.AdminAsync("/v1/manifests")).ToString().Contains(file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_files_that_define_one_name_are_reported_and_the_first_stays()
    {
        await bed.Node.ApplyAsync("twice.yaml", Shop.PolicyFor(8080));
        await bed.Node.UntilAsync("the conflict is reported", async () =>
        {
            var text = (await bed.Node.AdminAsync("/v1/manifests")).ToString();
            return text.Contains("twice.yaml", StringComparison.Ordinal) && text.Contains("policy.yaml", StringComparison.Ordinal);
        });
        await AssertInForceAsync();
        File.Delete(Path.Combine(bed.Node.Manifests, "twice.yaml"));
    }

    [Fact]
    public async Task Of_two_files_that_define_one_name_the_one_in_force_stays_across_a_crash()
    {
        await bed.Node.ApplyAsync("a-comes-first.yaml", Shop.PolicyFor(8080));
        await bed.Node.UntilAsync("the conflict is reported", async () =>
            (await bed.Node.AdminAsync("/v1/manifests")).ToString().Contains("a-comes-first.yaml", StringComparison.Ordinal));
        await bed.Node.KillServerAsync();
        await bed.Node.StartServerAsync();
        await bed.Node.UntilAsync("the conflict is reported again", async () =>
            (await bed.Node.AdminAsync("/v1/manifests")).ToString().Contains("a-comes-first.yaml", StringComparison.Ordinal));
        await AssertInForceAsync();
        File.Delete(Path.Combine(bed.Node.Manifests, "a-comes-first.yaml"));
    }

    [Fact]
    public async Task A_file_that_breaks_keeps_what_it_said_before_even_across_a_crash()
    {
        await bed.Node.ApplyAsync("policy.yaml", Shop.Policy + "\nspec: oops: [");
        await bed.Node.UntilAsync("it is reported", async () => (await bed.Node.AdminAsync("/v1/manifests")).ToString().Contains("policy.yaml", StringComparison.Ordinal));
        await AssertInForceAsync();
        await bed.Node.KillServerAsync();
        await bed.Node.StartServerAsync();
        await bed.Node.PodsAsync(Shop.Names);
        await AssertInForceAsync();
        await bed.Node.ApplyAsync("policy.yaml", Shop.Policy);
        await bed.Node.UntilAsync("the report is gone", async () => !(await bed.Node.AdminAsync("/v1/manifests")).ToString().Contains("oops", StringComparison.Ordinal));
    }

    private async Task AssertInForceAsync()
    {
        var pods = await bed.Node.PodsAsync(Shop.Names);
        await bed.Node.UntilAsync("the client still gets in", () => pods["shop/client"].ReachesTcpAsync(pods["shop/server"].Ipv4, 80));
        Assert.False(await pods["shop/client"].ReachesTcpAsync(pods["shop/server"].Ipv4, 8080));
        Assert.False(await pods["elsewhere/stranger"].ReachesTcpAsync(pods["shop/server"].Ipv4, 80));
    }

    public sealed class Bed : IAsyncLifetime
    {
        public Node Node { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Node = await Shop.StartAsync();
            await Node.PodsAsync(Shop.Names);
        }

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}
