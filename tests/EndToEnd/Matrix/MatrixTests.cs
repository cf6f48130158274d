namespace Axoneme.EndToEnd.Matrix;

/// <summary>
/// Three nodes with two pods each, in each routing mode and family: who reaches whom, by real connections, is what the policy oracle says, while policies
/// change, agents are killed and restarted, and the control plane is gone.
/// </summary>
public sealed class MatrixTests
{
    private const int Changes = 20;

    [Theory]
    [InlineData("native", AddressFamilies.IPv4)]
    [InlineData("native", AddressFamilies.IPv6)]
    [InlineData("native", AddressFamilies.Dual)]
    [InlineData("tunnel", AddressFamilies.IPv4)]
    [InlineData("tunnel", AddressFamilies.IPv6)]
    [InlineData("tunnel", AddressFamilies.Dual)]
    public async Task Who_reaches_whom_is_what_the_oracle_says_whatever_changes_and_whoever_dies(string routing, AddressFamilies family)
    {
        await using var bed = await MatrixBed.StartAsync(routing, family);
        await bed.AssertIsAsync("");
        await bed.EnforceAsync(Cast.Open);
        await bed.AssertIsAsync(Cast.Open);

        var verdicts = ExpectedVerdicts.Between(bed.Cluster, Cast.Pods, Cast.Open, Cast.Closed);
        var always = bed.Probes.Where(probe => verdicts.All(verdict => verdict.Passes(probe))).ToArray();
        var never = bed.Probes.Where(probe => !verdicts.Any(verdict => verdict.Passes(probe))).ToArray();
        Assert.NotEmpty(always);
        Assert.NotEmpty(never);
        await using var traffic = new SteadyTraffic(always, never);
        for (var change = 1; change <= Changes; change++)
        {
            await bed.EnforceAsync(change % 2 == 0 ? Cast.Open : Cast.Closed);
        }

        // One agent is dead while policies change; another comes back without the control plane.
        await bed.Cluster.Nodes[0].KillServerAsync();
        await bed.AssertIsAsync(Cast.Open);
        await bed.WriteAsync(Cast.Closed);
        await bed.Cluster.Nodes[0].StartServerAsync();
        await bed.EnforceAsync(Cast.Open);
        await bed.EnforceAsync(Cast.Closed);
        await bed.Cluster.ControlPlane.KillAsync();
        await bed.Cluster.Nodes[1].KillServerAsync();
        await bed.Cluster.Nodes[1].StartServerAsync();
        await bed.AssertIsAsync(Cast.Closed);

        await traffic.AssertWasSteadyAsync();
        Assert.InRange(traffic.Answered, 5 * always.Length, int.MaxValue);
        Assert.InRange(traffic.Refused, 5 * never.Length, int.MaxValue);
        await bed.Cluster.StartControlPlaneAsync();
        await bed.EnforceAsync(null);
        await bed.AssertIsAsync("");
    }
}
