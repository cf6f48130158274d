namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>A megabyte of whatever is dear to read costs no more than <see cref="CostBound"/> allows.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class YamlEntryCostTests
{
    private const int Megabyte = 1 << 20;

    public static TheoryData<string> Shapes => [.. DearTexts.All.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_megabyte_stays_within_the_bound(string shape)
    {
        YamlEntry.Read(DearTexts.All[shape](4000));
        var text = DearTexts.All[shape](Megabyte);
        Assert.True(text.Length >= Megabyte);
        CostBound.Read(text);
    }

    [Fact]
    public void The_largest_text_is_read_within_the_bound() => Assert.NotEmpty(CostBound.Read(DearTexts.All["policies"]((4 * Megabyte) - 200_000)).Documents);

    [Fact]
    public void Ten_megabytes_are_refused_at_once() => Assert.Contains("split it", Assert.Single(CostBound.Read(DearTexts.All["policies"](10 * Megabyte)).Errors), StringComparison.Ordinal);

    [Fact]
    public void A_small_alias_bomb_is_refused()
    {
        var text = DearTexts.Policy("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
            + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("aliases repeat more than", Assert.Single(CostBound.Read(text).Errors), StringComparison.Ordinal);
    }
}
