using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd.Matrix;

/// <summary>The cluster of a matrix, everybody in it, and all that is asked.</summary>
internal sealed class MatrixBed : IAsyncDisposable
{
    private const string PolicyFile = "policy.yaml";

    /// <summary>How long silence is listened to: packets take far less.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(400);

    /// <summary>How long an answer is waited for: only a failing case waits so long.</summary>
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(3);

    private MatrixBed(Cluster cluster, IReadOnlyList<Probe> probes) => (Cluster, Probes) = (cluster, probes);

    public Cluster Cluster { get; }

    /// <summary>Pods and nodes ask pods, and pods the host outside, in each family there is.</summary>
    public IReadOnlyList<Probe> Probes { get; }

    public static async Task<MatrixBed> StartAsync(string routing, AddressFamilies family)
    {
        var cluster = await Cluster.StartAsync(new ClusterOptions { Nodes = Cast.Nodes, Family = family, Routing = routing }, ("pods.yaml", Cast.Pods));
        try
        {
            var pods = (await cluster.PodsAsync(Cast.Names)).Values.Select(Party.Of).ToArray();
            var nodes = cluster.Nodes.Select(Party.Of).ToArray();
            var outside = Party.Outside(cluster.Underlay);
            await cluster.EnforcedAsync();
            var ends = pods.Concat(nodes).SelectMany(client => pods.Where(server => server != client).Select(server => (Client: client, Server: server)))
                .Concat(pods.Select(client => (Client: client, Server: outside)));
            int[] families = [.. family.HasFlag(AddressFamilies.IPv4) ? [4] : Array.Empty<int>(), .. family.HasFlag(AddressFamilies.IPv6) ? [6] : Array.Empty<int>()];
            return new MatrixBed(cluster,
                [.. from end in ends from one in families from asked in Cast.Asked select new Probe(end.Client, end.Server, one, asked.Kind, asked.Port)]);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task EnforceAsync(string? policies) => Cluster.EnforceAsync(PolicyFile, policies);

    /// <summary>Does not wait until anybody knows.</summary>
    public Task WriteAsync(string policies) => Cluster.ApplyAsync(PolicyFile, policies);

    /// <summary>
    /// Tries everything at once. What should not pass must not, from now on; what should is tried again for a moment, because routes to a node come after
    /// its policies.
    /// </summary>
    public async Task AssertIsAsync(string policies)
    {
        var expected = new ExpectedVerdicts(Cluster, Cast.Pods, policies);
        var missing = Probes.Where(expected.Passes).ToArray();
        var forbidden = Probes.Except(missing).ToArray();
        Assert.NotEmpty(missing);
        await Task.WhenAll(ForbiddenAsync(), MissingAsync());

        async Task ForbiddenAsync() => AssertNone(await PassingAsync(forbidden, Silence), "passed");

        async Task MissingAsync()
        {
            try
            {
                await Cluster.UntilAsync("everybody is reached who should be", async () =>
                {
                    missing = [.. missing.Except(await PassingAsync(missing, Answer))];
                    return missing.Length == 0;
                });
            }
            catch (TimeoutException)
            {
                AssertNone(missing, "did not pass");
                throw;
            }
        }
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    private static void AssertNone(IReadOnlyCollection<Probe> probes, string what) => Assert.True(probes.Count == 0, string.Join('\n', probes.Select(probe => $"{probe} {what}")));

    private static async Task<IReadOnlyCollection<Probe>> PassingAsync(IEnumerable<Probe> probes, TimeSpan patience) =>
        [.. (await Task.WhenAll(probes.Select(async probe => await probe.PassesAsync(patience) ? probe : null))).OfType<Probe>()];
}
