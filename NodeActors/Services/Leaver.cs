namespace Axoneme.NodeActors.Services;

/// <summary>Something that goes from the kernel some time after the last entry that names it was replaced, unless it is wanted again meanwhile.</summary>
internal abstract class Leaver
{
    /// <summary>Tells one leave from the next: null while it stays.</summary>
    public object? Leave { get; private set; }

    /// <summary>Returns what to compare with when its time is over.</summary>
    public object Go() => Leave = new object();

    public void Stay() => Leave = null;
}

/// <summary>A frontend's number.</summary>
internal sealed class FrontendId(uint id, Datapath.Layout.ServiceKey key) : Leaver
{
    public uint Id => id;

    public Datapath.Layout.ServiceKey Key => key;
}

/// <summary>A backend of a group; of none, when it is from before a restart and nobody asked for it yet.</summary>
internal sealed class InstalledBackend(uint id, BackendAddress address) : Leaver
{
    public uint Id => id;

    public InstalledGroup? Group { get; set; }

    public BackendAddress Address => address;

    public bool IsTerminating { get; set; }

    /// <summary>The group's <see cref="InstalledGroup.Turn"/> at which it was last wanted.</summary>
    public uint Turn { get; set; }
}

/// <summary>A prefix that a group's clients may come from.</summary>
internal sealed class InstalledRange(Datapath.Layout.SourceRangeKey key, InstalledGroup? group) : Leaver
{
    public InstalledGroup? Group => group;

    public Datapath.Layout.SourceRangeKey Key => key;
}
