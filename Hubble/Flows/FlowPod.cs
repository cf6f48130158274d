namespace Axoneme.Hubble;

/// <summary>Names a pod.</summary>
public readonly record struct FlowPod(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
