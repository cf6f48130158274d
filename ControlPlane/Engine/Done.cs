namespace Axoneme.ControlPlane.Engine;

/// <summary>The reply of a command that is either carried out or fails.</summary>
public sealed record Done
{
    public static Done Instance { get; } = new();
}
