namespace Axoneme.Sandbox;

/// <summary>Where a pod is in its life.</summary>
public enum PodPhase
{
    /// <summary>Being started, or waiting to be tried again: see the problem.</summary>
    Starting,
    Running,

    /// <summary>Its manifest is gone, it is not yet.</summary>
    Removing,
}
