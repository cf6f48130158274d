using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Identities;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Entities;

public sealed class ServiceEntityTests
{
    private static DesiredService Service(string type = "ClusterIP", string source = "file:a.yaml#1") => new()
    {
        Service = new ServiceRecord { Namespace = "shop", Name = "web", Type = type, ClusterIps = { "10.96.0.1" }, Ports = { new ServicePort { Protocol = "TCP", Port = 80 } } },
        Selector = { ["app"] = "web" },
        Targets = { new ServiceTarget { Number = 8080 } },
        Source = source,
    };

    private static DesiredSlice Slice(string service = "web", string type = "IPv4") => new()
    {
        Slice = new EndpointSliceRecord { Namespace = "shop", Name = "web-1", Service = service, AddressType = type, Endpoints = { new SliceEndpoint { Addresses = { "10.0.0.1" }, Ready = true } } },
        Source = "file:a.yaml#2",
    };

    [Fact]
    public void A_service_is_published_until_it_is_removed()
    {
        var service = new Scenario(new ServiceKind(), "shop/web").When(new ApplyService(Service()));
        Assert.Equal(Service().Service, service.Records[(RecordKind.Service, "shop/web")].Service);

        Assert.Empty(service.When(new ApplyService(Service())).Last.Events);
        Assert.Empty(service.When(new ApplyService(Service(source: "file:b.yaml#1"))).Last.Changes);
        Assert.Null(Assert.Single(service.When(new RemoveService()).Last.Changes).Value);
        Assert.True(service.HasEnded);
        Assert.Empty(service.When(new RemoveService()).Last.Events);
    }

    [Fact]
    public void A_service_that_is_only_a_name_has_no_record()
    {
        var service = new Scenario(new ServiceKind(), "shop/web").When(new ApplyService(Service()));

        service.When(new ApplyService(Service("ExternalName")));

        Assert.Empty(service.Records);
        Assert.False(service.HasEnded);
    }

    [Fact]
    public void A_slice_is_published_when_a_service_can_lead_there()
    {
        var slice = new Scenario(new EndpointSliceKind(), "shop/web-1").When(new ApplySlice(Slice()));
        Assert.Equal(Slice().Slice, slice.Records[(RecordKind.EndpointSlice, "shop/web-1")].EndpointSlice);
        Assert.Empty(slice.When(new ApplySlice(Slice())).Last.Events);

        Assert.Empty(slice.When(new ApplySlice(Slice(service: ""))).Records);
        Assert.Single(slice.When(new ApplySlice(Slice())).Records);
        Assert.Empty(slice.When(new ApplySlice(Slice(type: "FQDN"))).Records);
        Assert.True(slice.When(new RemoveSlice()).HasEnded);
    }

    [Fact]
    public void What_is_about_another_object_is_refused()
    {
        Assert.Contains("shop/web", new Scenario(new ServiceKind(), "shop/api").When(new ApplyService(Service())).Last.Refusal);
        Assert.Contains("shop/web-1", new Scenario(new EndpointSliceKind(), "shop/web").When(new ApplySlice(Slice())).Last.Refusal);
    }

    [Fact]
    public void A_pods_host_ports_are_in_its_record()
    {
        var pod = Given.Pod("web", "web");
        pod.HostPorts.Add(new HostPort { HostIp = "192.0.2.1", HostPort_ = 8080, ContainerPort = 80, Protocol = "TCP" });

        var endpoint = new Scenario(new EndpointKind(new IdentityShards(4)), "default/web")
            .When(new ApplyPod(pod)).When(new IdentityAssigned(Given.Labels("web"), 300));

        Assert.Equal(pod.HostPorts, endpoint.Records[(RecordKind.Pod, "default/web")].Pod.HostPorts);
    }
}
