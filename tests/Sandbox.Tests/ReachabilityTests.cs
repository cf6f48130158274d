using Axoneme.Sandbox.Probing;

namespace Axoneme.Sandbox.Tests;

public sealed class ReachabilityTests
{
    [Fact]
    public async Task The_matrix_is_measured_with_real_connections_from_each_source()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("api", [80, 8080], [53]), TestRuntime.Pod("web", [80]));
        await runtime.WaitAsync(pods => pods.Count(pod => pod.Phase == PodPhase.Running) == 2);

        var matrix = await runtime.Meter().MeasureAsync(CancellationToken.None);

        Assert.Equal(
            [new("shop/api", "tcp", 80), new("shop/api", "tcp", 8080), new("shop/api", "udp", 53), new("shop/web", "tcp", 80)],
            matrix.Targets);
        Assert.Equal(["host", "shop/api", "shop/web"], matrix.Rows.Select(row => row.Source));

        // The host has a route to each pod; the pods have none to each other, and are not asked about themselves.
        Assert.All(matrix.Rows[0].Cells, cell => Assert.True(cell is { Ipv4.Ok: true, Ipv6: null }));
        Assert.Equal(["-", "-", "-", "unreachable"], matrix.Rows[1].Cells.Select(cell => cell is null ? "-" : cell.Ipv4!.Error));
        Assert.Equal(["unreachable", "unreachable", "unreachable", "-"], matrix.Rows[2].Cells.Select(cell => cell is null ? "-" : cell.Ipv4!.Error));
    }

    [Fact]
    public async Task A_source_that_does_not_answer_shows_in_its_row_and_spoils_no_other()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("api"));
        await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running }]);
        var meter = new ReachabilityMeter(() => [.. runtime.Sandbox!.Pods, runtime.Sandbox.Pods[0] with { Manifest = TestRuntime.Pod("ghost"), ControlSocket = "/tmp/axt-nobody.sock" }],
            runtime.Sandbox!.HostControlSocket, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<ReachabilityMeter>.Instance);

        var matrix = await meter.MeasureAsync(CancellationToken.None);

        Assert.NotNull(matrix.Rows.Single(row => row.Source == "shop/ghost").Problem);
        Assert.Null(matrix.Rows.Single(row => row.Source == "host").Problem);
    }
}
