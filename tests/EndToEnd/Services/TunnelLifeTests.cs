namespace Axoneme.EndToEnd.Services;

/// <summary>Where nodes reach each other through the tunnel, backends answer clients themselves, and every node would choose the same one.</summary>
public sealed class TunnelLifeTests(TunnelLifeTests.Bed bed) : LifeTests(bed), IClassFixture<TunnelLifeTests.Bed>
{
    public sealed class Bed() : LifeBed(new ClusterOptions { Routing = "tunnel", Arguments = ["--bpf-lb-mode", "dsr", "--bpf-lb-algorithm", "maglev"] });
}
