namespace Axoneme.EndToEnd.Services;

/// <summary>Where nodes route natively and the node that was asked lends its address.</summary>
public sealed class NativeLifeTests(NativeLifeTests.Bed bed) : LifeTests(bed), IClassFixture<NativeLifeTests.Bed>
{
    public sealed class Bed() : LifeBed(new ClusterOptions());
}
