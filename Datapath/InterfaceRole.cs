namespace Axoneme.Datapath;

/// <summary>What an interface of the node is to the datapath: decides which two programs judge its packets.</summary>
public enum InterfaceRole
{
    /// <summary>The host side of a pod's pair.</summary>
    Pod,

    /// <summary>An interface that leads out of the node.</summary>
    Device,

    /// <summary>The tunnel device.</summary>
    Overlay,
}
