using Axoneme.ControlPlane.Entities.Namespaces;
using Axoneme.ControlPlane.Entities.Nodes;
using Axoneme.ControlPlane.Entities.Policies;
using Axoneme.ControlPlane.Entities.Settings;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Entities;

public sealed class SimpleEntityTests
{
    [Fact]
    public void A_policy_with_unchanged_content_is_no_event()
    {
        var policy = new Scenario(new PolicyKind(), "NetworkPolicy/default/deny").When(new ApplyPolicy("{}", "file:a.yaml#1", "h1"));
        var record = policy.Records[(RecordKind.Policy, "NetworkPolicy/default/deny")].Policy;
        Assert.Equal(("NetworkPolicy", "default", "deny", "{}"), (record.Kind, record.Namespace, record.Name, record.Json));

        Assert.Empty(policy.When(new ApplyPolicy("{}", "file:a.yaml#1", "h1")).Last.Events);
        Assert.Single(policy.When(new ApplyPolicy("{ }", "file:a.yaml#1", "h2")).Last.Events);
        policy.When(new RemovePolicy());
        Assert.Empty(policy.Records);
        Assert.True(policy.HasEnded);
        Assert.Empty(policy.When(new RemovePolicy()).Last.Events);
    }

    [Fact]
    public void A_cluster_wide_policy_has_an_empty_namespace()
    {
        var policy = new Scenario(new PolicyKind(), "CiliumClusterwideNetworkPolicy//deny").When(new ApplyPolicy("{}", "s", "h"));

        Assert.Equal("", policy.Records.Values.Single().Policy.Namespace);
    }

    [Fact]
    public void A_node_that_registers_again_unchanged_is_no_event()
    {
        var registration = new NodeRegistration { Name = "n1", Addresses = { "192.0.2.1" }, PodCidrs = { "10.0.0.0/24" }, HealthIpv4 = "10.0.0.9", HealthIpv6 = "fd00::9", Labels = { ["zone"] = "a" } };
        var node = new Scenario(new NodeKind(), "n1").When(new RegisterNode(registration));
        var record = node.Records[(RecordKind.Node, "n1")].Node;
        Assert.Equal(("10.0.0.0/24", "10.0.0.9", "fd00::9"), (record.PodCidrs.Single(), record.HealthIpv4, record.HealthIpv6));

        Assert.Empty(node.When(new RegisterNode(registration.Clone())).Last.Events);
        Assert.Contains("own, non-empty name", node.When(new RegisterNode(new NodeRegistration { Name = "n2" })).Last.Refusal);
    }

    [Fact]
    public void A_setting_keeps_its_first_value()
    {
        var setting = new Scenario(new SettingKind(), "identity-shards").When(new InitializeSetting("16")).When(new InitializeSetting("32"));

        Assert.Equal(new SettingInForce("16"), setting.Last.Reply);
        Assert.Equal("16", setting.Records.Values.Single().Config.Value);
    }

    [Fact]
    public void A_namespace_ends_when_removed()
    {
        var ns = new Scenario(new NamespaceKind(), "prod").When(new ApplyNamespace(new Dictionary<string, string> { ["env"] = "prod" }, "file:a#1"));
        Assert.Empty(ns.When(new ApplyNamespace(new Dictionary<string, string> { ["env"] = "prod" }, "file:a#1")).Last.Events);

        Assert.True(ns.When(new RemoveNamespace()).HasEnded);
    }
}
