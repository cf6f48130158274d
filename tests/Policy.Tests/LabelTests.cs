using System.Net;

namespace Axoneme.Policy.Tests;

public sealed class LabelTests
{
    [Theory]
    [InlineData("k8s:app=web", "k8s", "app", "web", "k8s:app=web")]
    [InlineData("reserved:host", "reserved", "host", "", "reserved:host")]
    [InlineData("reserved:host=", "reserved", "host", "", "reserved:host")]
    [InlineData("app=web", "unspec", "app", "web", "unspec:app=web")]
    [InlineData("k8s:url=a=b:c", "k8s", "url", "a=b:c", "k8s:url=a=b:c")]
    [InlineData("cidr:10.0.0.0/8", "cidr", "10.0.0.0/8", "", "cidr:10.0.0.0/8")]
    public void Labels_are_read_and_written(string text, string source, string key, string value, string written)
    {
        var label = Label.Parse(text);
        Assert.Equal(new Label(source, key, value), label);
        Assert.Equal(written, label.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("k8s:")]
    [InlineData("=a")]
    public void A_label_needs_a_key(string text) => Assert.Throws<FormatException>(() => Label.Parse(text));

    [Fact]
    public void Sets_are_equal_whatever_the_order()
    {
        var set = LabelSet.Parse(["k8s:b=2", "k8s:a=1", "k8s:b=2"]);
        Assert.Equal(LabelSet.Parse(["k8s:a=1", "k8s:b=2"]), set);
        Assert.Equal(LabelSet.Parse(["k8s:a=1", "k8s:b=2"]).GetHashCode(), set.GetHashCode());
        Assert.NotEqual(LabelSet.Parse(["k8s:a=1"]), set);
        Assert.Equal(["k8s:a=1", "k8s:b=2"], set.ToStrings());
    }

    [Fact]
    public void Pod_labels_that_carry_no_identity_are_left_out()
    {
        var labels = PodLabels.IdentityLabels(
            "default",
            new Dictionary<string, string>
            {
                ["app"] = "web",
                ["app.kubernetes.io/name"] = "web",
                ["pod-template-hash"] = "x",
                ["controller-revision-hash"] = "x",
                ["statefulset.kubernetes.io/pod-name"] = "x",
                ["apps.kubernetes.io/pod-index"] = "0",
                ["io.kubernetes.other"] = "x",
                ["failure-domain.beta.kubernetes.io/zone"] = "x",
                ["k8s.io/x"] = "x",
                ["annotation.x"] = "x",
            },
            new Dictionary<string, string> { ["team"] = "storage" },
            "",
            "cluster1");
        Assert.Equal(
            [
                "k8s:app.kubernetes.io/name=web",
                "k8s:app=web",
                "k8s:io.cilium.k8s.namespace.labels.team=storage",
                "k8s:io.cilium.k8s.policy.cluster=cluster1",
                "k8s:io.cilium.k8s.policy.serviceaccount=default",
                "k8s:io.kubernetes.pod.namespace=default",
            ],
            labels.ToStrings());
    }

    [Fact]
    public void A_pod_cannot_forge_its_namespace_account_cluster_or_namespace_labels()
    {
        var forged = new Dictionary<string, string>
        {
            ["io.kubernetes.pod.namespace"] = "kube-system",
            ["io.cilium.k8s.policy.serviceaccount"] = "admin",
            ["io.cilium.k8s.policy.cluster"] = "other",
            ["io.cilium.k8s.namespace.labels.team"] = "trusted",
        };
        Assert.Equal(
            PodLabels.IdentityLabels("default", [], [], "sa", "c"),
            PodLabels.IdentityLabels("default", forged, [], "sa", "c"));
    }

    [Theory]
    [InlineData(1u, "host", "reserved:host")]
    [InlineData(7u, "kube-apiserver", "reserved:kube-apiserver,reserved:remote-node")]
    [InlineData(9u, "world-ipv4", "reserved:world-ipv4")]
    public void Reserved_identities(uint number, string name, string labels)
    {
        Assert.Equal(name, ReservedIdentity.NameOf(number));
        Assert.Equal(labels, ReservedIdentity.LabelsOf(number).ToString());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(11u)]
    [InlineData(256u)]
    public void Other_identities_are_not_reserved(uint number)
    {
        Assert.Null(ReservedIdentity.NameOf(number));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReservedIdentity.LabelsOf(number));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "cidr:10.0.0.0/8,reserved:world-ipv4")]
    [InlineData("0.0.0.0/0", "reserved:world-ipv4")]
    [InlineData("2001:db8::/32", "cidr:2001-db8--0/32,reserved:world-ipv6")]
    [InlineData("::/8", "cidr:0--0/8,reserved:world-ipv6")]
    [InlineData("::1/128", "cidr:0--1/128,reserved:world-ipv6")]
    public void Labels_of_prefixes_survive_text(string prefix, string expected)
    {
        var labels = CidrText.LabelsOf(IPNetwork.Parse(prefix));
        Assert.Equal(expected, labels.ToString());
        var selector = Selector.Addresses(IPNetwork.Parse(prefix), []);
        Assert.True(selector.Matches(LabelSet.Parse(labels.ToStrings())));
    }
}
