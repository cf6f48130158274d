using Axoneme.NodeActors.Policies;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Policy;

namespace Axoneme.NodeActors.Tests.Policies;

/// <summary>Explanations of drops under a port scan.</summary>
public class PolicyModelTests
{
    private readonly ManualTime _time = new();
    private readonly PolicyModel _model;

    public PolicyModelTests() => _model = new PolicyModel("default", _time);

    [Fact]
    public void A_port_scan_gets_only_so_many_explanations_in_a_second()
    {
        Assert.Equal(PolicyModel.ExplanationsPerSecond, Enumerable.Range(1, 1000).Count(port => Explain(port) is not null));
        Assert.NotNull(Explain(1)); // known: costs nothing
        Assert.Null(Explain(2000));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(Explain(2000));
    }

    [Fact]
    public void New_questions_are_remembered_however_many_were_asked_before()
    {
        for (var port = 1; port <= 5000; port++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.NotNull(Explain(port));
        }

        for (var port = 6000; port < 6000 + PolicyModel.ExplanationsPerSecond; port++)
        {
            Explain(port);
        }

        Assert.Null(Explain(7000));
        Assert.NotNull(Explain(5000));
    }

    private Explanation? Explain(int port) =>
        _model.Explain(new PolicySubject(LabelSet.Parse(["k8s:app=web"]), []), PolicyDirection.Ingress, 101, 6, (ushort)port);
}
