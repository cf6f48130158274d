namespace Axoneme.Kubernetes.Tests;

public sealed class ResourceTests
{
    private static ManifestDocument Document(string yaml) => Assert.Single(YamlDocuments.Read("a.yaml", yaml).Documents);

    [Fact]
    public void A_pod_is_read()
    {
        var result = PodResource.Read(Document("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: web-0
              namespace: shop
              labels: {app: web, app.kubernetes.io/name: ""}
              annotations: {kubernetes.io/egress-bandwidth: 10M}
              somethingElse: 1
            spec:
              nodeName: node-1
              serviceAccountName: web
              initContainers:
              - name: side
                restartPolicy: Always
                ports: [{containerPort: 9, protocol: SCTP}]
              - name: ends-before-the-pod-runs
                ports: [{containerPort: 10, name: gone}]
              containers:
              - name: main
                image: whatever
                ports:
                - {containerPort: 8080, name: http}
                - {containerPort: 53, name: dns, protocol: UDP}
            """));
        Assert.Empty(result.Errors);
        var pod = result.Resource!;
        Assert.Equal(("shop", "web-0", "node-1", "web", false), (pod.Namespace, pod.Name, pod.NodeName, pod.ServiceAccountName, pod.HostNetwork));
        Assert.Equal(["app", "app.kubernetes.io/name"], pod.Labels.Keys);
        Assert.Equal("10M", pod.Annotations["kubernetes.io/egress-bandwidth"]);
        Assert.Equal([new ContainerPort(8080, "http", "TCP"), new ContainerPort(53, "dns", "UDP"), new ContainerPort(9, null, "SCTP")], pod.Ports.AsEnumerable());
    }

    [Fact]
    public void A_bare_pod_gets_defaults()
    {
        var pod = PodResource.Read(Document("apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: null}\nspec: {hostNetwork: true}")).Resource!;
        Assert.Equal(("default", "default", "", true), (pod.Namespace, pod.ServiceAccountName, pod.NodeName, pod.HostNetwork));
        Assert.Equal((true, false, false), (pod.Ready, pod.Terminating, pod.Ended));
        Assert.Empty(pod.Labels);
        Assert.Empty(pod.Ports);
    }

    [Theory]
    [InlineData("metadata: {name: A_b}", "metadata.name", "is not a name")]
    [InlineData("metadata: {name: a, namespace: B}", "metadata.namespace", "is not a namespace name")]
    [InlineData("metadata: {name: a, labels: {app: 5}}", "metadata.labels.app", "must be text, is 5")]
    [InlineData("metadata: {name: a, labels: {app: a b}}", "metadata.labels.app", "is not a label value")]
    [InlineData("metadata: {name: a, labels: {-app: a}}", "metadata.labels.-app", "is not a label key")]
    [InlineData("metadata: {name: a, labels: [app]}", "metadata.labels", "must be a mapping")]
    [InlineData("metadata: {name: a}\nspec: {nodeName: 5}", "spec.nodeName", "must be text")]
    [InlineData("metadata: {name: a}\nspec: {hostNetwork: 'true'}", "spec.hostNetwork", "must be true or false")]
    [InlineData("metadata: {name: a}\nspec: {containers: {}}", "spec.containers", "must be a list")]
    [InlineData("metadata: {name: a}\nspec: {containers: [5]}", "spec.containers[0]", "must be an object")]
    [InlineData("metadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 65536}]}]}", "spec.containers[0].ports[0].containerPort", "from 1 to 65535")]
    [InlineData("metadata: {name: a}\nspec: {containers: [{ports: [{containerPort: '80'}]}]}", "spec.containers[0].ports[0].containerPort", "must be a number")]
    [InlineData("metadata: {name: a}\nspec: {containers: [{ports: [{name: x}]}]}", "spec.containers[0].ports[0].containerPort", "is missing")]
    [InlineData("metadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 80, name: Http}]}]}", "spec.containers[0].ports[0].name", "is not a port name")]
    [InlineData("metadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 80, protocol: ICMP}]}]}", "spec.containers[0].ports[0].protocol", "must be TCP, UDP or SCTP")]
    [InlineData("metadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 1, name: x}, {containerPort: 2, name: x}]}]}", "spec.containers[0].ports[1].name", "names two ports")]
    public void Bad_pods_are_refused_with_field_and_line(string yaml, string field, string message)
    {
        var result = PodResource.Read(Document($"apiVersion: v1\nkind: Pod\n{yaml}"));
        Assert.Null(result.Resource);
        var error = Assert.Single(result.Errors);
        Assert.Equal(field, error.Field);
        Assert.Equal(yaml.Contains("spec", StringComparison.Ordinal) ? 4 : 3, error.Line);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_carries_its_name_as_a_label()
    {
        var ns = NamespaceResource.Read(Document("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}")).Resource!;
        Assert.Equal("shop", ns.Name);
        Assert.Equal("kubernetes.io/metadata.name=shop,team=a", string.Join(',', ns.Labels.Select(label => $"{label.Key}={label.Value}")));
        Assert.Equal("metadata.name", Assert.Single(NamespaceResource.Read(Document("apiVersion: v1\nkind: Namespace\nmetadata: {name: a.b}")).Errors).Field);
    }

    [Fact]
    public void A_wrong_version_is_refused() =>
        Assert.Equal("apiVersion", Assert.Single(PodResource.Read(Document("apiVersion: v2\nkind: Pod\nmetadata: {name: a}")).Errors).Field);
}
