using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Identities;
using Axoneme.Wire.State;
using Xunit;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.ControlPlane.Tests.Entities;

public sealed class EndpointTests
{
    private readonly Scenario _web = new(new EndpointKind(new IdentityShards(4)), "default/web");

    [Fact]
    public void A_pod_is_published_once_its_identity_is_known()
    {
        _web.When(new ApplyPod(Given.Pod("web", "web")));
        Assert.Empty(_web.Records);
        Assert.IsType<AcquireIdentity>(Assert.Single(_web.Effects));
        Assert.IsType<AcquireIdentity>(Assert.Single(_web.Recovered()));

        Assigned("web", 300);

        Assert.Equal(300u, Pod.Identity);
        Assert.Empty(_web.Effects);
    }

    [Fact]
    public void After_a_restart_the_hold_is_asserted_again_and_another_number_is_taken_over()
    {
        Running();
        Assert.Equal(Given.Labels("web"), Assert.IsType<AcquireIdentity>(Assert.Single(_web.Recovered())).Labels);
        Assigned("web", 300);
        Assert.Empty(_web.Last.Events);

        Assigned("web", 399);

        Assert.Equal((399u, 399u), (Pod.Identity, Ip("10.0.0.1").Identity));
        Assert.Empty(_web.Effects);
    }

    [Fact]
    public void A_label_change_keeps_the_old_identity_until_the_new_one_comes_and_then_changes_pod_and_address_together()
    {
        Running();
        _web.When(new ApplyPod(Given.Pod("web", "web2")));
        Assert.Empty(_web.Last.Changes);
        Assert.Equal((300u, 300u), (Pod.Identity, Ip("10.0.0.1").Identity));

        Assigned("web2", 301);

        Assert.Equal([RecordKind.Pod, RecordKind.Ip], _web.Last.Changes.Select(c => c.Kind));
        Assert.Equal((301u, 301u), (Pod.Identity, Ip("10.0.0.1").Identity));
        Assert.Equal(Given.Labels("web"), Assert.IsType<ReleaseIdentity>(Assert.Single(_web.Effects)).Labels);
        Assert.Equal([typeof(ReleaseIdentity), typeof(AcquireIdentity)], _web.Recovered().Select(e => e.GetType()));
        _web.When(new IdentityReleased(Given.Labels("web")));
        Assert.Equal([typeof(AcquireIdentity)], _web.Recovered().Select(e => e.GetType()));
    }

    [Fact]
    public void Changes_beside_the_labels_are_published_at_once()
    {
        Running();

        _web.When(new ApplyPod(Given.Pod("web", "web", node: "node-7")));

        Assert.Equal(("node-7", 300u), (Pod.Node, Pod.Identity));
        Assert.Empty(_web.Effects);
    }

    [Fact]
    public void The_same_pod_again_is_no_event()
    {
        Running();

        Assert.Empty(_web.When(new ApplyPod(Given.Pod("web", "web"))).Last.Events);
    }

    [Fact]
    public void A_removed_pod_keeps_its_identity_until_the_node_reports_its_addresses_gone()
    {
        Running();
        _web.When(new RemovePod());
        Assert.Equal([(RecordKind.Ip, "10.0.0.1")], _web.Records.Keys);
        Assert.Equal(300u, Ip("10.0.0.1").Identity);
        Assert.Empty(_web.Effects);

        _web.When(new ReportEndpoint(Given.Report("web", "c1", "10.0.0.1", removed: true)));

        Assert.Empty(_web.Records);
        Assert.IsType<ReleaseIdentity>(Assert.Single(_web.Effects));
        Assert.False(_web.HasEnded);
        _web.When(new IdentityReleased(Given.Labels("web")));
        Assert.True(_web.HasEnded);
    }

    [Fact]
    public void The_removal_of_an_older_container_does_not_touch_the_newer_ones_address()
    {
        Running();
        _web.When(new ReportEndpoint(Given.Report("web", "c2", "10.0.0.2")));
        Assert.Equal([(RecordKind.Pod, "default/web"), (RecordKind.Ip, "10.0.0.2")], _web.Records.Keys);

        _web.When(new ReportEndpoint(Given.Report("web", "c1", "10.0.0.1", removed: true)));

        Assert.Empty(_web.Last.Events);
    }

    [Fact]
    public void An_address_reported_for_an_unknown_pod_is_init()
    {
        _web.When(new ReportEndpoint(Given.Report("web", "c1", "10.0.0.1")));

        Assert.Equal(5u, Ip("10.0.0.1").Identity);
    }

    [Fact]
    public void Addresses_are_published_in_their_shortest_form_and_bad_ones_are_refused()
    {
        _web.When(new ReportEndpoint(Given.Report("web", "c1", "fd00:0:0:0:0:0:0:1")));
        Assert.Equal("fd00::1", Ip("fd00::1").Address);

        Assert.Contains("addresses[0] of node node-1's report: \"10.0.0.1/32\"", _web.When(new ReportEndpoint(Given.Report("web", "c1", "10.0.0.1/32"))).Last.Refusal);
    }

    [Fact]
    public void Without_a_free_number_the_pod_is_published_without_identity_and_gets_it_later()
    {
        _web.When(new ApplyPod(Given.Pod("web", "web"))).When(new IdentityRefused(Given.Labels("web"), "exhausted"));
        Assert.Equal(0u, Pod.Identity);
        Assert.IsType<AcquireIdentity>(Assert.Single(_web.Recovered()));

        Assigned("web", 300);

        Assert.Equal(300u, Pod.Identity);
    }

    [Fact]
    public void Another_number_for_the_old_labels_does_not_publish_the_new_ones()
    {
        Running();
        _web.When(new ApplyPod(Given.Pod("web", "web2")));

        Assigned("web", 399);

        Assert.Equal((399u, "k8s:app=web", 399u), (Pod.Identity, Pod.Labels[0], Ip("10.0.0.1").Identity));
    }

    [Fact]
    public void Labels_that_changed_while_waiting_are_let_go()
    {
        _web.When(new ApplyPod(Given.Pod("web", "a"))).When(new ApplyPod(Given.Pod("web", "b")));
        Assert.Equal(
            [typeof(ReleaseIdentity), typeof(AcquireIdentity)], _web.Effects.Select(e => e.GetType()));
        Assigned("a", 299);  // the answer to the first question comes late
        Assert.Empty(_web.Last.Events);
        Assert.IsType<ReleaseIdentity>(Assert.Single(_web.Effects));

        Assigned("b", 300);

        Assert.Equal((300u, "k8s:app=b"), (Pod.Identity, Pod.Labels[0]));
    }

    [Fact]
    public void Deleting_an_address_that_another_pod_took_over_is_conditional()
    {
        Running();
        _web.When(new ReportEndpoint(Given.Report("web", "c1", "10.0.0.1", removed: true)));
        var deletion = Assert.Single(_web.Last.Changes);

        Assert.False(deletion.DeleteWhen!(new Record { Ip = new IpRecord { Address = "10.0.0.1", Namespace = "default", Pod = "db" } }));
        Assert.True(deletion.DeleteWhen!(new Record { Ip = new IpRecord { Address = "10.0.0.1", Namespace = "default", Pod = "web" } }));
    }

    [Fact]
    public void A_pod_of_another_name_is_refused() =>
        Assert.Contains("the pod is named default/db", _web.When(new ApplyPod(Given.Pod("db", "db"))).Last.Refusal);

    private PodRecord Pod => _web.Records[(RecordKind.Pod, "default/web")].Pod;

    private IpRecord Ip(string address) => _web.Records[(RecordKind.Ip, address)].Ip;

    private void Assigned(string app, uint number) => _web.When(new IdentityAssigned(Given.Labels(app), number));

    private void Running()
    {
        _web.When(new ApplyPod(Given.Pod("web", "web")));
        Assigned("web", 300);
        _web.When(new ReportEndpoint(Given.Report("web", "c1", "10.0.0.1")));
    }
}
