using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.State;

/// <summary>A record this node cannot read opens nothing, is named, and leaves everything else working.</summary>
public sealed class UnreadableRecordsTests : IAsyncLifetime
{
    private readonly TestNode _node = new();

    public async Task InitializeAsync()
    {
        await _node.StartAsync();
        await _node.PublishAsync(
            Records.Identity(100, "web"), Records.Identity(101, "client"), Records.Pod("web-0", "web", 100), Records.Pod("client-0", "client", 101));
        await _node.AddAsync("c1", "web-0");
        await _node.AddAsync("c2", "client-0");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_policys_last_readable_version_stays_in_force_over_restarts(bool controlPlaneIsThere)
    {
        await MakeUnreadableAsync();
        var before = _node.Endpoint("c1").PolicyId;
        for (var restart = 0; restart < 2; restart++)
        {
            await RestartAsync(controlPlaneIsThere);
            Assert.Contains(_node.Agent!.GetStatus().Problems, p => p.Contains("policy NetworkPolicy/default/allow") && p.Contains("surprise"));
            Assert.Equal((before, true), (_node.Endpoint("c1").PolicyId, _node.Endpoint("c1").IngressEnforced));
        }
    }

    [Fact]
    public async Task A_policys_last_readable_version_stays_in_force_when_a_restart_meets_a_new_history()
    {
        await MakeUnreadableAsync();
        await _node.StopAsync();
        _node.ControlPlane.Epoch++;
        await _node.StartAsync();
        await Eventually.IsTrue(() => _node.ControlPlane.Acknowledged.Any(a => a.Epoch == _node.ControlPlane.Epoch), "the snapshot is taken in");
        Assert.Contains(_node.Agent!.GetStatus().Problems, p => p.Contains("surprise"));
        Assert.True(_node.Endpoint("c1").IngressEnforced);
    }

    [Fact]
    public async Task A_policy_that_became_unreadable_and_went_is_gone_after_a_restart()
    {
        await MakeUnreadableAsync();
        await _node.PublishAsync(Records.Gone(Records.Allow("allow", "web", "client", 80)));
        await RestartAsync(controlPlaneIsThere: false);
        Assert.DoesNotContain(_node.Agent!.GetStatus().Problems, p => p.Contains("allow"));
        Assert.False(_node.Endpoint("c1").IngressEnforced);
    }

    [Fact]
    public async Task A_policy_that_became_unreadable_and_readable_again_is_in_force_as_it_is_now_after_a_restart()
    {
        await MakeUnreadableAsync();
        await _node.PublishAsync(Records.Policy("allow", "client", "\"policyTypes\":[\"Egress\"]"));
        await RestartAsync(controlPlaneIsThere: false);
        Assert.DoesNotContain(_node.Agent!.GetStatus().Problems, p => p.Contains("allow"));
        Assert.Equal((false, true), (_node.Endpoint("c1").IngressEnforced, _node.Endpoint("c2").EgressEnforced));
    }

    [Fact]
    public async Task A_pod_whose_labels_cannot_be_read_is_closed_and_named_and_policies_reach_the_others()
    {
        await _node.PublishAsync(BadPod());
        await _node.PublishAsync(Records.Allow("allow", "client", "web", 80));
        AssertClosed();
        Assert.Equal((101u, true, false), (_node.Endpoint("c2").Identity, _node.Endpoint("c2").IngressEnforced, _node.Endpoint("c2").EgressEnforced));
        await RestartAsync(controlPlaneIsThere: false);
        AssertClosed();
        Assert.Equal((101u, true), (_node.Endpoint("c2").Identity, _node.Endpoint("c2").IngressEnforced));
    }

    [Fact]
    public async Task A_pod_whose_labels_can_be_read_again_is_open_again()
    {
        await _node.PublishAsync(BadPod());
        AssertClosed();
        await _node.PublishAsync(Records.Pod("web-0", "web", 100));
        Assert.Equal((100u, false, null), (_node.Endpoint("c1").Identity, _node.Endpoint("c1").IngressEnforced, _node.Endpoint("c1").Problem));
        Assert.DoesNotContain(_node.Agent!.GetStatus().Problems, p => p.Contains("labels"));
    }

    [Fact]
    public async Task A_restart_that_finds_an_identity_with_labels_it_cannot_read_starts_and_closes_only_who_has_nothing_else()
    {
        var identity = Records.Identity(100, "web");
        identity.Identity.Labels.Add("k8s:=x");
        await _node.PublishAsync(identity, Records.Gone(Records.Pod("web-0", "web", 100)), Records.Allow("allow", "client", "web", 80));
        await RestartAsync(controlPlaneIsThere: false);
        AssertClosed();
        Assert.Equal((101u, true), (_node.Endpoint("c2").Identity, _node.Endpoint("c2").IngressEnforced));
    }

    private static Axoneme.Wire.State.Record BadPod()
    {
        var pod = Records.Pod("web-0", "web", 100);
        pod.Pod.Labels.Add("k8s:=x");
        return pod;
    }

    private void AssertClosed()
    {
        var endpoint = _node.Endpoint("c1");
        Assert.Equal((5u, true, true), (endpoint.Identity, endpoint.IngressEnforced, endpoint.EgressEnforced));
        Assert.Contains("labels of default/web-0 cannot be read", endpoint.Problem);
        Assert.Contains(_node.Agent!.GetStatus().Problems, p => p.Contains("labels of default/web-0 cannot be read"));
        Assert.True(_node.Kernel.Hosts.TryGet(Axoneme.Datapath.Layout.IpAddressKey.From(System.Net.IPAddress.Parse(endpoint.Ipv4!)), out var host) && host.Identity == 5);
    }

    private async Task MakeUnreadableAsync()
    {
        await _node.PublishAsync(Records.Allow("allow", "web", "client", 80));
        await _node.PublishAsync(Records.Policy("allow", "web", "\"surprise\":1"));
        Assert.True(_node.Endpoint("c1").IngressEnforced);
    }

    private async Task RestartAsync(bool controlPlaneIsThere)
    {
        await _node.StopAsync();
        if (!controlPlaneIsThere)
        {
            _node.ControlPlane.GoAway();
        }

        await _node.StartAsync();
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().ControlPlaneConnected == controlPlaneIsThere, "connected or not");
    }
}
