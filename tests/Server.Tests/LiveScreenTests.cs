using System.Text.Json;
using Axoneme.Sandbox.Probing;
using Axoneme.Server.Live;
using Axoneme.Wire.Agent;
using Spectre.Console;

namespace Axoneme.Server.Tests;

public sealed class LiveScreenTests
{
    [Fact]
    public void The_demo_fits_on_100_columns_and_30_lines_with_everything_in_its_place() => Assert.Equal("""
         axoneme · node-1 · 2/2 endpoints ready · revision 12 in the kernel · tcx Ctrl-C removes everything
        ── pods 2 ──────────────────────────────────────────────────────────────────────────────────────────
        POD       IPv4        IPv6            IDENTITY  POLICY  STATE
        shop/api  10.244.0.2  fd00:10:244::2  256       in      ready
        shop/db   10.244.0.3  fd00:10:244::3  257       in+out  starting: CNI ADD: mtu: "big" is not a numb…
        ── reachability, measured with real connections over IPv4 and IPv6 ─────────────────────────────────
        from ↓  to →  api    api        db
                      :8080  :53/udp    :5432
        host          ✓      v4 ✓ v6 ✗  ✗
        shop/api      ·      ·          ✓
        shop/db       ?      ?          ·
        ── policies 2 ──────────────────────────────────────────────────────────────────────────────────────
        shop/default-deny  everywhere
        ── errors 1 · what was in force stays in force ─────────────────────────────────────────────────────
        web.yaml:3: document 1: spec.ingress: must be a list
        ── warnings 1 · accepted and not enforced as written ───────────────────────────────────────────────
        web.yaml:9: document 2: spec.egress[0].toFQDNs: selects none
        ── drops of the last seconds ───────────────────────────────────────────────────────────────────────
        7×  host  →  shop/db  tcp/5432  no rule allows it

        """,
        Text(LiveScreen.Lines(Snapshot(), 100, 30)));

    [Theory]
    [InlineData(100, 30)]
    [InlineData(80, 24)]
    [InlineData(40, 10)]
    [InlineData(200, 60)]
    public void No_screen_gets_more_than_it_holds(int width, int height)
    {
        var snapshot = Snapshot();
        snapshot = snapshot with
        {
            Drops = [.. Enumerable.Range(0, 100).Select(i => snapshot.Drops[0] with { Drop = snapshot.Drops[0].Drop with { Source = $"[bold]pod-{i}" } })],
            Errors = [.. Enumerable.Range(0, 100).Select(i => $"file-{i}.yaml: {new string('x', 300)}")],
        };

        var lines = LiveScreen.Lines(snapshot, width, height);

        Assert.InRange(lines.Count, 5, height);
        Assert.All(lines, line => Assert.InRange(Markup.Remove(line).Length, 0, width));
    }

    [Fact]
    public void Drops_that_do_not_fit_are_counted()
    {
        var snapshot = Snapshot();
        snapshot = snapshot with { Drops = [.. Enumerable.Range(0, 50).Select(i => snapshot.Drops[0] with { Drop = snapshot.Drops[0].Drop with { Port = $"tcp/{i}" } })] };

        var text = Text(LiveScreen.Lines(snapshot, 100, 30));

        Assert.Contains("tcp/0 ", text, StringComparison.Ordinal);
        Assert.EndsWith("… and 39 other kinds: axoneme monitor --verdict dropped\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_are_told_with_their_node_ports_and_backends()
    {
        static ServiceView View(string frontend, string type, string? name, int backends) => new(
            1, frontend, type, name, "internal", null, [.. Enumerable.Range(0, backends).Select(i => new ServiceBackendView((uint)i, $"10.244.0.{i}:80/TCP", i == 2 ? "terminating" : "active", i < 2, i < 2))]);
        var snapshot = Snapshot() with
        {
            Services =
            [
                View("[fd00:10:96::7]:80/TCP", "ClusterIP", "shop/web", 2), View("192.0.2.1:30080/TCP", "NodePort", "shop/web", 2), View("0.0.0.0:30080/TCP", "NodePort", "shop/web", 2),
                View("10.96.0.9:8080/TCP", "ClusterIP", "shop/api", 3), View("10.96.0.1:443/TCP", "ClusterIP", null, 1), // nobody has asked for it since the restart
            ],
        };
        Assert.Contains(
            $"── services 2, with their backends {new string('─', 65)}\nshop/api 10.96.0.9:8080/TCP → 2  shop/web [fd00:10:96::7]:80/TCP *:30080/TCP → 2\n",
            Text(LiveScreen.Lines(snapshot, 100, 40)), StringComparison.Ordinal);
    }

    private static LiveSnapshot Snapshot()
    {
        var yes = new ProbeOutcome(true, TimeSpan.Zero, null);
        var no = new ProbeOutcome(false, TimeSpan.Zero, "timeout");
        var policy = new PolicyView("NetworkPolicy", "shop", "default-deny", "file:a.yaml#1", 3, JsonDocument.Parse("{}").RootElement);
        return new LiveSnapshot(
            "node-1", new AgentStatus("node-1", "1.0.0", "6.1", "tcx", true, 12, 12, 2, 2, 9, 2, [], [], 0, []),
            [
                new LivePod("shop/api", "10.244.0.2", "fd00:10:244::2", 256, "in", "ready", null),
                new LivePod("shop/db", "10.244.0.3", "fd00:10:244::3", 257, "in+out", "starting", "CNI ADD: mtu: \"big\" is not a number"),
            ],
            [policy, policy with { Namespace = "", Name = "everywhere" }], [],
            new ReachabilityMatrix(DateTimeOffset.UnixEpoch, [new("shop/api", "tcp", 8080), new("shop/api", "udp", 53), new("shop/db", "tcp", 5432)],
            [
                new ReachabilityRow("host", [new(yes, yes), new(yes, no), new(no, no)], null),
                new ReachabilityRow("shop/api", [null, null, new(yes, null)], null),
                new ReachabilityRow("shop/db", [null, null, null], "silent"),
            ]),
            [new DropCount(new Drop("host", "shop/db", "tcp/5432", "Policy denied", "no rule allows it"), 7, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch)],
            ["web.yaml:3: document 1: spec.ingress: must be a list"], ["web.yaml:9: document 2: spec.egress[0].toFQDNs: selects none"], "Ctrl-C removes everything");
    }

    private static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(line => Markup.Remove(line).TrimEnd() + "\n"));
}
