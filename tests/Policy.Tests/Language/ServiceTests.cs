namespace Axoneme.Policy.Tests;

/// <summary>Services and EndpointSlices: Kubernetes' objects, of which only what <c>toServices</c> needs is read.</summary>
public sealed class ServiceTests
{
    private static PolicyParseResult Service(string spec, string metadata = "name: web, namespace: shop") => Written.Parse($$"""
        apiVersion: v1
        kind: Service
        metadata: { {{metadata}} }
        spec: {{spec}}
        status: {loadBalancer: }
        """);

    private static PolicyParseResult Slice(string rest, string metadata = "name: web-x1, namespace: shop, labels: {kubernetes.io/service-name: web}") => Written.Parse($$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { {{metadata}} }
        {{rest}}
        """);

    [Theory]
    [InlineData("{selector: {app: web, tier: a}, ports: [{port: 80, targetPort: http}]}", "k8s:app=web and k8s:io.kubernetes.pod.namespace=shop and k8s:tier=a")]
    [InlineData("{type: ClusterIP, selector: {}}", null)]
    [InlineData("{clusterIP: None}", null)]
    [InlineData("{type: ExternalName, externalName: a.b, selector: {app: web}}", null)]
    [InlineData("", null)]
    public void A_service_selects_pods_of_its_namespace_or_has_addresses(string spec, string? selected)
    {
        var service = Written.Accepted<PolicyService>(Service(spec));
        Assert.Equal(("Service/shop/web", selected), (service.Key, service.Selected?.ToString()));
    }

    [Fact]
    public void A_service_has_labels_and_changes_content_with_them()
    {
        var plain = Written.Accepted<PolicyService>(Service("{selector: {app: web}}"));
        var labelled = Written.Accepted<PolicyService>(Service("{selector: {app: web}}", "name: web, namespace: shop, labels: {env: staging}"));
        Assert.Equal("k8s:env=staging", labelled.Labels.ToString());
        Assert.NotEqual(plain.Content, labelled.Content);
        Assert.NotEqual(plain.Content, Written.Accepted<PolicyService>(Service("{selector: {app: api}}")).Content);
        Assert.Equal(plain.Content, Written.Accepted<PolicyService>(Service("{selector: {app: web}, ports: [{port: 1}]}")).Content);
    }

    [Fact]
    public void Different_services_and_slices_differ_in_content_whatever_their_labels_hold()
    {
        static string Labelled(string labels) => Written.Accepted<PolicyService>(Service("{}", $"name: web, labels: {labels}")).Content;
        Assert.NotEqual(Labelled("{a: 'b,k8s:c=d'}"), Labelled("{a: b, c: d}"));
        Assert.NotEqual(Labelled("{'a=b': c}"), Labelled("{a: 'b=c'}"));

        static string Of(string service, string address) => Written.Accepted<ServiceAddresses>(Slice(
            $"addressType: IPv4\nendpoints: [{{addresses: [{address}]}}]",
            $"name: x, labels: {{kubernetes.io/service-name: '{service}'}}")).Content;
        Assert.NotEqual(Of("web", "10.0.0.1, 10.0.0.2"), Of("web -> 10.0.0.1/32", "10.0.0.2"));
        Assert.Equal(Of("web", "10.0.0.1"), Of("web", "10.0.0.1"));
    }

    [Theory]
    [InlineData("addressType: IPv4\nendpoints: [{addresses: [10.1.2.3, 10.1.2.4], conditions: {ready: false, terminating: true}}, {addresses: [10.1.2.5]}]", "10.1.2.3/32 10.1.2.4/32 10.1.2.5/32")]
    [InlineData("addressType: IPv6\nendpoints: [{addresses: ['2001:db8::1'], nodeName: a}]\nports: [{port: 80}]", "2001:db8::1/128")]
    [InlineData("addressType: FQDN\nendpoints: [{addresses: [a.example]}]", "")]
    [InlineData("addressType: IPv4\nendpoints: ", "")]
    public void A_slice_has_addresses_of_its_service_ready_or_not(string rest, string addresses)
    {
        var slice = Written.Accepted<ServiceAddresses>(Slice(rest));
        Assert.Equal(("EndpointSlice/shop/web-x1", "web", addresses), (slice.Key, slice.Service, string.Join(' ', slice.Addresses)));
    }

    [Fact]
    public void A_slice_without_the_label_is_of_no_service() =>
        Assert.Equal("", Written.Accepted<ServiceAddresses>(Slice("addressType: IPv4\nendpoints: []", "name: a")).Service);

    [Fact]
    public void What_is_needed_is_checked()
    {
        Written.Refused(Service("{selector: {app: 5}}"), "spec.selector.app", "in quotes");
        Written.Refused(Service("{selector: [app]}"), "spec.selector", "must be an object");
        Written.Refused(Service("{}", "name: web, labels: {a: 5}"), "metadata.labels.a", "in quotes");
        Written.Refused(Slice("endpoints: []"), "addressType", "must be IPv4, IPv6 or FQDN");
        Written.Refused(Slice("addressType: IPv4\nendpoints: [{addresses: ['2001:db8::1']}]"), "endpoints[0].addresses[0]", "is not an address");
        Written.Refused(Slice("addressType: IPv6\nendpoints: [{addresses: [10.0.0.1]}]"), "endpoints[0].addresses[0]", "is not an address");
        Written.Refused(Slice("addressType: IPv4\nendpoints: [{addresses: [10.0.0.1/24]}]"), "endpoints[0].addresses[0]", "is not an address");
    }
}
