using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What a <see cref="NodeWorld"/>'s programs were loaded with.</summary>
[Flags]
internal enum NodeFeatures
{
    None = 0,
    Tunnel = 1,
    HostFirewall = 2,
    Masquerade = 4,

    /// <summary>Masquerading has two ports to give.</summary>
    TwoPorts = 8,

    /// <summary>What goes to services is translated.</summary>
    Services = 16,

    All = Tunnel | HostFirewall | Masquerade,
}

internal static class NodeFeaturesConfig
{
    public const ushort FirstOfTwoPorts = 50000;
    public const int TunnelMtu = 1450;

    public static DatapathConfig ToConfig(this NodeFeatures features, uint tunnelDevice)
    {
        var masquerade = (byte)(features.HasFlag(NodeFeatures.Masquerade) ? 1 : 0);
        var config = new DatapathConfig
        {
            TunnelIfindex = features.HasFlag(NodeFeatures.Tunnel) ? tunnelDevice : 0,
            TunnelMtu = TunnelMtu,
            HostFirewall = (byte)(features.HasFlag(NodeFeatures.HostFirewall) ? 1 : 0),
            Masquerade4 = masquerade,
            Masquerade6 = masquerade,
            Services = (byte)(features.HasFlag(NodeFeatures.Services) ? 1 : 0),
        };
        return features.HasFlag(NodeFeatures.TwoPorts) ? config with { NatPortMin = FirstOfTwoPorts, NatPortMax = FirstOfTwoPorts + 1 } : config;
    }
}
