using Axoneme.ControlPlane.Services;
using Axoneme.Wire.Journal;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Services;

/// <summary>How many slices a service's pods take, and which of them change.</summary>
public sealed class SliceDerivationTests
{
    private readonly SliceDerivation _derivation = new(
        new DesiredService
        {
            Service = new ServiceRecord { Namespace = "shop", Name = "web", ClusterIps = { "10.96.0.1" }, Ports = { new ServicePort { Name = "http", Protocol = "TCP", Port = 80 } } },
            Targets = { new ServiceTarget { Number = 8080 } },
        },
        _ => BackendNode.Unknown);

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "web:ipv4=1")]
    [InlineData(100, "web:ipv4=100")]
    [InlineData(101, "web:ipv4=100 web:ipv4:1=1")]
    [InlineData(250, "web:ipv4=100 web:ipv4:1=100 web:ipv4:2=50")]
    public void A_slice_has_at_most_a_hundred_endpoints(int pods, string expected) => Assert.Equal(expected, Shown(Derive(Pods(0, pods), [])));

    [Fact]
    public void Nothing_changes_when_nothing_does()
    {
        var before = Derive(Pods(0, 250), []);
        Assert.Equal(before, Derive([.. Pods(0, 250).Reverse()], before));
    }

    [Fact]
    public void A_pod_that_comes_or_goes_changes_one_slice()
    {
        var before = Derive(Pods(0, 250), []);
        var more = Derive(Pods(0, 251), before);
        Assert.Equal(["web:ipv4:2"], Changed(before, more));
        Assert.Equal(251, more.Sum(slice => slice.Endpoints.Count));

        // The one that leaves makes room where the next comes.
        var less = Derive([.. Pods(0, 251).Where(pod => pod.Name != "p007")], more);
        Assert.Equal(["web:ipv4"], Changed(more, less));
        Assert.Equal(["web:ipv4"], Changed(less, Derive([.. Pods(0, 252).Where(pod => pod.Name is not "p007")], less)));
    }

    [Fact]
    public void A_slice_that_loses_its_last_pod_is_gone_and_its_name_free()
    {
        var before = Derive(Pods(0, 250), []);
        var without = Derive(Pods(100, 150), before);
        Assert.Equal("web:ipv4:1=100 web:ipv4:2=50", Shown(without));
        Assert.Equal("web:ipv4=50 web:ipv4:1=100 web:ipv4:2=100", Shown(Derive(Pods(100, 250), without)));
    }

    [Fact]
    public void A_slice_that_was_larger_is_split()
    {
        var large = Derive(Pods(0, 100), [])[0];
        large.Endpoints.Add(Derive(Pods(100, 50), []).Single().Endpoints);
        Assert.Equal("web:ipv4=100 web:ipv4:1=50", Shown(Derive(Pods(0, 150), [large])));
    }

    private static IEnumerable<string> Changed(IReadOnlyList<EndpointSliceRecord> before, IReadOnlyList<EndpointSliceRecord> after) => after.Except(before).Select(slice => slice.Name);

    private List<EndpointSliceRecord> Derive(IReadOnlyCollection<BackendPod> pods, IReadOnlyCollection<EndpointSliceRecord> existing) =>
        [.. _derivation.Derive(pods, existing).OrderBy(slice => slice.Name, StringComparer.Ordinal)];

    private static string Shown(IEnumerable<EndpointSliceRecord> slices) => string.Join(' ', slices.Select(slice => $"{slice.Name}={slice.Endpoints.Count}"));

    private static BackendPod[] Pods(int first, int count) =>
    [
        .. Enumerable.Range(first, count).Select(i => BackendPod.Of(new EndpointState
        {
            Desired = new DesiredPod { Namespace = "shop", Name = $"p{i:000}", Node = "n1" },
            Reports = { new EndpointReport { Node = "n1", Addresses = { $"10.0.{i / 256}.{i % 256}" } } },
        })!),
    ];
}
