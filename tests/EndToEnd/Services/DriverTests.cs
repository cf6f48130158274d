using System.Security.Cryptography;
using System.Text.Json;
using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd.Services;

/// <summary>What goes between clients outside and backends on other nodes is sent on by the driver's program, and arrives whole.</summary>
public sealed class DriverTests
{
    /// <summary>Linux' XDP_ATTACHED_DRV: not the kernel in the driver's place.</summary>
    private const int ByDriver = 1;

    [Fact]
    public async Task Drivers_send_on_nearly_all_of_a_transfer()
    {
        ManualService[] services = [new("lent", 1, Annotations: "service.cilium.io/forwarding-mode: snat"), new("direct", 2, Annotations: "service.cilium.io/forwarding-mode: dsr")];
        await using var cluster = await Cluster.StartAsync(
            new ClusterOptions { Drivers = true, Arguments = ["--bpf-lb-acceleration", "native"] },
            [("web.yaml", ManualService.Pod("web", 2)), .. services.Select(service => ($"{service.Name}.yaml", service.Yaml))]);
        var web = new Endpoint((await cluster.PodsAsync("shop/web"))["shop/web"], 2);
        await cluster.EnforceAsync("slices.yaml", string.Join("\n---\n", services.Select(service => Endpoint.Slices(service.Name, service.Name, web))));
        var one = cluster.Nodes[0];
        Assert.Equal(ByDriver, (await DeviceAsync(one)).GetProperty("xdp").GetProperty("mode").GetInt32());

        var sent = RandomNumberGenerator.GetBytes(8 << 20);
        foreach (var service in services)
        {
            foreach (var (family, address) in new[] { (4, one.IPv4!), (6, one.IPv6!) })
            {
                await cluster.UntilAsync($"{service.Name} answers over IPv{family}", async () => (await cluster.Underlay.Asker.AskAsync([new Asked("tcp", address, service.NodePort)]))[0].Who == "web");
                var (before, arrivedBefore) = (await SentOnAsync(one), await ArrivedAsync(one));
                using (var connection = await OpenConnection.BeginAsync(Party.Outside(cluster.Underlay), "tcp", address, service.NodePort))
                {
                    var echoed = await connection.EchoAsync(sent);
                    Assert.True(sent.AsSpan().SequenceEqual(echoed), $"{service.Name} over IPv{family}: other bytes came back");
                }

                var (sentOn, arrived) = (await SentOnAsync(one) - before, await ArrivedAsync(one) - arrivedBefore);
                Assert.True(sentOn <= arrived && sentOn >= arrived * 0.9, $"{service.Name} over IPv{family}: of {arrived} packets the driver sent {sentOn} on");
                Assert.True(sentOn * 1500 >= (ulong)sent.Length, $"{service.Name} over IPv{family}: {sentOn} packets cannot hold it");
            }
        }
    }

    private static Task<ulong> SentOnAsync(ClusterNode node) => node.MetricAsync("axoneme_driver_forwarded_total");

    private static async Task<ulong> ArrivedAsync(ClusterNode node) => (await DeviceAsync(node)).GetProperty("stats64").GetProperty("rx").GetProperty("packets").GetUInt64();

    private static async Task<JsonElement> DeviceAsync(ClusterNode node)
    {
        using var devices = JsonDocument.Parse((await node.Namespace.RunAsync("ip", "-json", "-stats", "-details", "link", "show", "eth0")).OrThrow());
        return devices.RootElement[0].Clone();
    }
}
