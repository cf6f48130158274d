namespace Axoneme.Policy.Tests.Selection;

/// <summary>Selectors that only read alike are not the same: one policy must never lend its peers to another.</summary>
public sealed class SelectorIdentityTests
{
    [Fact]
    public void Requirements_with_one_text_are_told_apart()
    {
        var strange = new LabelRequirement("!k8s", "vip", SelectorOperator.Exists);
        var absent = new LabelRequirement("k8s", "vip", SelectorOperator.DoesNotExist);
        Assert.Equal(strange.ToString(), absent.ToString());
        Assert.NotEqual(strange, absent);
        Assert.NotEqual(new Selector([strange]), new Selector([absent]));
        Assert.Equal(2, new Selector([strange, absent]).Requirements.Length);
    }

    [Fact]
    public void Equal_conditions_in_any_order_are_one_selector()
    {
        LabelRequirement[] requirements = [LabelRequirement.EqualTo("any", "app", "web"), new("k8s", "tier", SelectorOperator.NotIn, ["b", "a"])];
        LabelRequirement[] again = [new("k8s", "tier", SelectorOperator.NotIn, ["a", "b", "a"]), LabelRequirement.EqualTo("any", "app", "web")];
        Assert.Equal(new Selector(requirements), new Selector(again));
        Assert.Equal(new Selector(requirements).GetHashCode(), new Selector(again).GetHashCode());
    }

    [Theory]
    [InlineData("\"!k8s:vip\"")]
    [InlineData("\"foo bar:app\"")]
    [InlineData("\"K8S:app\"")]
    public void A_key_with_a_source_that_is_none_is_refused(string key) => Written.Refused(
        Written.ParseSpec($$"""{endpointSelector: {}, ingress: [{fromEndpoints: [{matchExpressions: [{key: {{key}}, operator: Exists}]}]}]}"""),
        "spec.ingress[0].fromEndpoints[0].matchExpressions[0].key",
        "is not the source of a label");
}
