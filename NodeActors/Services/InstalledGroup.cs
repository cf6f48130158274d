using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Services;

/// <summary>A port of a service as the kernel has it, or will when everything pending is written.</summary>
internal sealed class InstalledGroup(uint number)
{
    /// <summary>What affinity and source ranges belong to.</summary>
    public uint Number => number;

    /// <summary>Null for one from before a restart that nobody has asked for yet.</summary>
    public GroupKey? Key { get; set; }

    /// <summary>Counts the plans it got, to tell backends of the newest from those before.</summary>
    public uint Turn { get; set; }

    public Dictionary<ServiceKey, InstalledFrontend> Frontends { get; } = [];

    public Dictionary<BackendAddress, InstalledBackend> Backends { get; } = [];

    public Dictionary<BackendList, InstalledPool> Pools { get; } = [];

    public Dictionary<SourceRangeKey, InstalledRange> Ranges { get; } = [];
}

/// <summary>A frontend and where it points.</summary>
internal sealed class InstalledFrontend(ServiceKey key, InstalledGroup group)
{
    public ServiceKey Key => key;

    public InstalledGroup Group => group;

    public FrontendKind? Kind { get; set; }

    /// <summary>Null when the kernel's is not to be trusted.</summary>
    public FrontendId? Id { get; set; }

    public ServiceEntry Entry { get; set; }

    /// <summary>Null for a pool without backends.</summary>
    public InstalledPool? Inside { get; set; }

    public InstalledPool? Outside { get; set; }
}
