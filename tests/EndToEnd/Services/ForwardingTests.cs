using System.Net;

namespace Axoneme.EndToEnd.Services;

/// <summary>Who answers clients outside: what a service's annotation says goes before what its nodes are told.</summary>
public sealed class ForwardingTests
{
    private const int Times = 4;

    private static readonly (int Family, string Protocol)[] s_ways = [(4, "tcp"), (4, "udp"), (6, "tcp"), (6, "udp")];

    [Fact]
    public async Task A_service_says_whether_its_backends_answer_clients_themselves()
    {
        Forwarded[] services = [new("plain", 1, null), new("lent", 2, "snat"), new("direct", 3, "dsr")];
        await using var cluster = await Cluster.StartAsync(
            new ClusterOptions { Arguments = ["--bpf-lb-mode", "hybrid"] }, ("web.yaml", ManualService.Pod("web", 2)), ("services.yaml", Yaml(services)));
        var web = new Endpoint((await cluster.PodsAsync("shop/web"))["shop/web"], 2);
        await cluster.EnforceAsync("slices.yaml", string.Join("\n---\n", services.Select(service => Endpoint.Slices(service.Name, service.Name, web))));
        await AssertAsync(cluster, services);

        // They change their minds: what begins from now on goes the other way.
        services = [services[0] with { Mode = "dsr" }, services[1] with { Mode = null }, services[2] with { Mode = "snat" }];
        await cluster.EnforceAsync("services.yaml", Yaml(services));
        await AssertAsync(cluster, services);
    }

    /// <summary>As whom the backend sees the client, which asks the first node, and by which of the nodes alone the answers leave.</summary>
    private static async Task AssertAsync(Cluster cluster, Forwarded[] services)
    {
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var questions = services.SelectMany(service => s_ways.Select(way => (Service: service, way.Family, way.Protocol))).ToArray();
        var wrong = "";
        try
        {
            await cluster.UntilAsync("clients are seen as the services say", async () => (wrong = await AskAsync(1)).Length == 0);
        }
        catch (TimeoutException)
        {
            Assert.Fail(wrong);
        }

        var filter = $"src portrange {services[0].NodePort}-{services[^1].NodePort} and (dst host {Underlay.OutsideIPv4} or dst host {Underlay.OutsideIPv6})";
        await using var first = await Capture.StartAsync(one.Namespace, "eth0", filter);
        await using var second = await Capture.StartAsync(two.Namespace, "eth0", filter);
        Assert.Equal("", await AskAsync(Times));
        var answers = new[] { await first.LinesAsync(), await second.LinesAsync() };
        Assert.All(questions, question => Assert.Equal(
            question.Service.IsDirect(question.Protocol) ? "n2" : "n1",
            string.Join(", ", cluster.Nodes.Zip(answers).Where(node => node.Second.Any(line => IsAnswer(line, question.Service, question.Family, question.Protocol))).Select(node => node.First.Name))));

        async Task<string> AskAsync(int times)
        {
            var all = questions.SelectMany(question => Enumerable.Repeat(question, times)).ToArray();
            var heard = await cluster.Underlay.Asker.AskAsync(all.Select(question => new Asked(question.Protocol, question.Family == 4 ? one.IPv4! : one.IPv6!, question.Service.NodePort)));
            return string.Join('\n', all.Zip(heard, (question, answer) => (question, answer, Seen: (question.Family == 4, question.Service.IsDirect(question.Protocol)) switch
            {
                (true, true) => Underlay.OutsideIPv4,
                (false, true) => Underlay.OutsideIPv6,
                (true, false) => one.IPv4!,
                (false, false) => one.IPv6!,
            })).Where(one => !IPAddress.Parse(one.Seen).Equals(one.answer.Seen)).Select(one => $"{one.question}: {one.answer}, not as {one.Seen}"));
        }
    }

    private static bool IsAnswer(string line, Forwarded service, int family, string protocol) =>
        line.Contains($".{service.NodePort} > ", StringComparison.Ordinal) && line.Contains(family == 4 ? "ethertype IPv4" : "ethertype IPv6", StringComparison.Ordinal)
        && line.Contains(protocol == "tcp" ? " TCP (6)" : " UDP (17)", StringComparison.Ordinal);

    private static string Yaml(IEnumerable<Forwarded> services) => string.Join("\n---\n", services.Select(service => service.Yaml));

    /// <summary>A service, and its annotation; null: none, so that nodes decide, which do TCP directly.</summary>
    private sealed record Forwarded(string Name, int Number, string? Mode)
    {
        public override string ToString() => $"{Name}, {Mode ?? "not annotated"}";

        public int NodePort => Service.NodePort;

        public string Yaml => Service.Yaml;

        private ManualService Service => new(Name, Number, Annotations: Mode is null ? "" : $"service.cilium.io/forwarding-mode: {Mode}");

        public bool IsDirect(string protocol) => Mode == "dsr" || Mode is null && protocol == "tcp";
    }
}
