using Axoneme.Kubernetes;

namespace Axoneme.Sandbox.Tests;

public sealed class PodManifestsTests
{
    private readonly ManifestSet _directory = new();

    [Fact]
    public void A_pod_listens_on_the_ports_of_all_its_containers()
    {
        var pod = Assert.Single(Read(("pods.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: { name: web, namespace: shop, annotations: { sandbox.axoneme.io/cni-config: '{"mtu":1400}' } }
            spec:
              containers:
                - name: a
                  ports: [{ containerPort: 443 }, { containerPort: 80 }, { containerPort: 53, protocol: UDP }]
                - name: b
                  ports: [{ containerPort: 80 }, { containerPort: 7, protocol: SCTP }]
            """)));

        Assert.Equal(("shop/web", """{"mtu":1400}""", "pods.yaml"), (pod.Key, pod.CniConfig, pod.File));
        Assert.Equal([80, 443], pod.TcpPorts);
        Assert.Equal([53], pod.UdpPorts);
    }

    [Fact]
    public void Pods_of_other_nodes_and_of_the_hosts_network_are_not_ours() => Assert.Equal(["default/here"], Read(("pods.yaml", """
        apiVersion: v1
        kind: Pod
        metadata: { name: here }
        spec: { nodeName: node-1 }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: there }
        spec: { nodeName: node-2 }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: host }
        spec: { hostNetwork: true }
        """)).Select(pod => pod.Key));

    [Fact]
    public void A_pod_whose_document_became_wrong_stays_as_it_was()
    {
        var before = Existing(80);

        var pod = Assert.Single(Read([("pods.yaml", Pod("containerPort: 99999"))], before));

        Assert.Equal([80], pod.TcpPorts);
    }

    [Fact]
    public void Pods_of_a_file_that_broke_before_this_process_began_are_not_taken_for_deleted()
    {
        Assert.Single(Read([("pods.yaml", "kind: [")], Existing(80)));
        Assert.Empty(Read([("pods.yaml", "")], Existing(80)));
        Assert.Empty(Read([("other.yaml", "kind: ["), ("pods.yaml", "")], Existing(80)));
    }

    [Theory]
    [InlineData("", true, true)]
    [InlineData("", false, false)]
    [InlineData("nodeName: node-1, ", false, true)]
    [InlineData("nodeName: node-2, ", true, false)]
    public void A_pod_runs_on_the_node_it_names_or_where_those_run_that_name_none(string nodeName, bool runsUnassigned, bool runs)
    {
        var yaml = $$"""
            apiVersion: v1
            kind: Pod
            metadata: { name: web }
            spec: { {{nodeName}}containers: [{ name: a }] }
            """;
        _directory.Update(new Dictionary<string, FileContent> { ["pods.yaml"] = new(yaml) });

        Assert.Equal(runs, PodManifests.Read(_directory.Current, "node-1", runsUnassigned, []).Count == 1);
    }

    private static SandboxPod Existing(ushort port) => new(new PodManifest("default", "web", [port], [], null, "pods.yaml"), PodPhase.Running, "c", [], null, null);

    private static string Pod(string port) => $$"""
        apiVersion: v1
        kind: Pod
        metadata: { name: web }
        spec: { containers: [{ name: a, ports: [{ {{port}} }] }] }
        """;

    private IReadOnlyList<PodManifest> Read(params (string File, string Text)[] files) => Read(files, []);

    private IReadOnlyList<PodManifest> Read((string File, string Text)[] files, params SandboxPod[] existing)
    {
        _directory.Update(files.ToDictionary(file => file.File, file => new FileContent(file.Text)));
        return PodManifests.Read(_directory.Current, "node-1", runsUnassigned: true, existing);
    }

    [Theory]
    [InlineData("kind: Pood", "name: web")]
    [InlineData("kind: Pod", "name: Web_")]
    [InlineData("kind: Pod", "name: web, namespace: Shop_")]
    public void A_pod_stays_whose_document_is_in_error_whatever_that_says(string kind, string metadata)
    {
        var before = Existing(80);
        before = before with { Manifest = before.Manifest with { Document = 1 } };

        Assert.Equal([80], Assert.Single(Read([("pods.yaml", $"apiVersion: v1\n{kind}\nmetadata: {{ {metadata} }}\n")], before)).TcpPorts);
        Assert.Empty(Read([("pods.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: web }\n")], before));
    }

    [Fact]
    public void A_pod_stays_while_its_file_has_its_name_with_an_unknown_kind() => Assert.Single(Read(
        [("pods.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\napiVersion: v1\nkind: Pood\nmetadata: { name: web }\n")], Existing(80)));

    [Fact]
    public void A_pod_goes_although_a_service_of_its_name_stays_in_its_file() => Assert.Empty(Read(
        [("pods.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n")], Existing(80)));

    [Fact]
    public void A_pod_stays_when_its_document_became_a_service_that_is_none()
    {
        var before = Existing(80);
        before = before with { Manifest = before.Manifest with { Document = 1 } };

        Assert.Single(Read([("pods.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: other }\nspec: { ports: [{ port: 0 }] }\n")], before));
    }
}
