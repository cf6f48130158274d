namespace Axoneme.NodeActors.Services;

/// <summary>How the node serves services.</summary>
public sealed record ServiceOptions
{
    /// <summary>How clients outside get a backend (<c>--bpf-lb-algorithm</c>). Clients inside get one at random.</summary>
    public LoadBalancerAlgorithm Algorithm { get; init; } = LoadBalancerAlgorithm.Random;

    /// <summary>Entries of a table for consistent choice, one of <see cref="Maglev.TableSizes"/>; the same on all nodes (<c>--bpf-lb-maglev-table-size</c>).</summary>
    public uint MaglevTableSize { get; init; } = Maglev.DefaultTableSize;

    /// <summary>What the tables are made with, the same on all nodes (<c>--bpf-lb-maglev-hash-seed</c>).</summary>
    public ulong MaglevSeed { get; init; } = Services.MaglevSeed.Default;

    /// <summary>Who answers clients outside when the backend is on another node (<c>--bpf-lb-mode</c>).</summary>
    public LoadBalancerMode Mode { get; init; } = LoadBalancerMode.Snat;

    /// <summary>Whether devices' drivers send on what goes between clients outside and backends on other nodes (<c>--bpf-lb-acceleration</c>).</summary>
    public LoadBalancerAcceleration Acceleration { get; init; } = LoadBalancerAcceleration.Disabled;

    /// <summary>The least port a service may have on every node (<c>--node-port-range</c>).</summary>
    public ushort NodePortFirst { get; init; } = 30000;

    /// <summary>The greatest.</summary>
    public ushort NodePortLast { get; init; } = 32767;

    /// <summary>A service's source ranges hold for its node ports, too, not only for its load balancer's and external addresses (<c>--bpf-lb-source-range-all-types</c>).</summary>
    public bool SourceRangesForAllTypes { get; init; }

    /// <exception cref="NodeAgentException">An option is wrong; the message names it.</exception>
    internal void Validate()
    {
        if (!Maglev.TableSizes.Contains(MaglevTableSize))
        {
            throw new NodeAgentException($"option --bpf-lb-maglev-table-size: {MaglevTableSize} must be one of {string.Join(", ", Maglev.TableSizes)}");
        }

        if (NodePortFirst == 0 || NodePortFirst > NodePortLast)
        {
            throw new NodeAgentException($"option --node-port-range: {NodePortFirst},{NodePortLast} must be two ports, the lesser first");
        }
    }
}

/// <summary>How a backend is chosen.</summary>
public enum LoadBalancerAlgorithm
{
    Random,

    /// <summary>Every node gives a client the same backend.</summary>
    Maglev,
}

/// <summary>Who sends on what goes between clients outside and backends on other nodes.</summary>
public enum LoadBalancerAcceleration
{
    /// <summary>The kernel's stack, by tc.</summary>
    Disabled,

    /// <summary>Drivers, by XDP; a device whose driver cannot is a problem.</summary>
    Native,

    /// <summary>Drivers that can.</summary>
    BestEffort,

    /// <summary>The kernel in the drivers' place: works everywhere, and is for tests.</summary>
    TestingOnly,
}

/// <summary>How answers of a backend on another node reach a client outside.</summary>
public enum LoadBalancerMode
{
    /// <summary>Through the node the client sent to.</summary>
    Snat,

    /// <summary>From the backend's node.</summary>
    Dsr,

    /// <summary>TCP as <see cref="Dsr"/>, others as <see cref="Snat"/>.</summary>
    Hybrid,
}
