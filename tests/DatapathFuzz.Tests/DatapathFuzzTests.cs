using System.Diagnostics;
using System.Globalization;
using Axoneme.DatapathFuzz.Tests.Node;
using Xunit.Abstractions;

namespace Axoneme.DatapathFuzz.Tests;

/// <summary>
/// Random and damaged packets through every program, in generated worlds under generated policies: nothing that policy denies comes out as forwarded, and
/// what everything allows does. Ten seconds for each kind of node; AXONEME_CASES says how many packets instead,
/// AXONEME_SEED repeats one world.
/// </summary>
public sealed class DatapathFuzzTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("native+host-firewall+masquerade")]
    [InlineData("tunnel+host-firewall+masquerade")]
    [InlineData("native")]
    [InlineData("tunnel+masquerade")]
    public void No_packet_that_policy_denies_comes_out_as_forwarded(string settings)
    {
        using var node = new FuzzNode(FuzzSettings.Parse(settings));
        var tally = new FuzzTally();
        var worlds = node.Run(() => Play(node, tally));
        output.WriteLine($"{settings}: {worlds} worlds, {tally}");
        if (Seed is null)
        {
            string[] programs = node.Settings.Tunnel ? ["from_pod", "to_pod", "from_netdev", "from_overlay"] : ["from_pod", "to_pod", "from_netdev"];
            Assert.All(programs, program => Assert.True(tally.Of($"{program} forwarded") >= worlds && tally.Of($"{program} dropped") >= worlds, $"{program} meets one fate only: {tally}"));
            Assert.All(
                ["asks a service", "answers for a service", "names a frontend"],
                what => Assert.True(tally.Of($"{what}, forwarded") >= worlds / 4 && tally.Of($"{what}, dropped") >= worlds / 4, $"what {what} meets one fate only: {tally}"));
            Assert.True(tally.Of("must be forwarded") > 10 * worlds && tally.Of("of a connection") > 10 * worlds, $"too little is allowed to show anything: {tally}");
        }
    }

    private static int? Seed => Number("AXONEME_SEED");

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static int Play(FuzzNode node, FuzzTally tally)
    {
        if (Seed is { } seed)
        {
            new FuzzCase(node, seed, tally).Run();
            return 1;
        }

        var cases = Number("AXONEME_CASES");
        var clock = Stopwatch.StartNew();
        var number = 0;
        while (cases is null ? clock.Elapsed < Usual : tally.Packets < cases)
        {
            try
            {
                new FuzzCase(node, number++, tally).Run();
            }
            catch (InvalidOperationException fault)
            {
                throw new InvalidOperationException($"after {clock.Elapsed.TotalSeconds:0.0} s and {tally.Packets} packets: {fault.Message}", fault);
            }
        }

        return number;
    }
}
