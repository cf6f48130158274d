namespace Axoneme.Sandbox;

/// <summary>What the runtime wants to know of a Pod: its name, where it listens, and what its network configuration adds.</summary>
/// <param name="Namespace">metadata.namespace.</param>
/// <param name="Name">metadata.name.</param>
/// <param name="TcpPorts">TCP container ports of all containers, sorted.</param>
/// <param name="UdpPorts">UDP container ports of all containers, sorted.</param>
/// <param name="CniConfig">Annotation <see cref="CniConfigAnnotation"/>: a JSON object whose members go over those of the generated CNI configuration; null: none.</param>
/// <param name="File">The manifest file it stands in: while that is broken, the pod stays.</param>
/// <param name="Document">The 1-based number of its document in the file, 0 when unknown: while that is in error, the pod stays.</param>
public sealed record PodManifest(string Namespace, string Name, IReadOnlyList<ushort> TcpPorts, IReadOnlyList<ushort> UdpPorts, string? CniConfig, string File, int Document = 0)
{
    public const string CniConfigAnnotation = "sandbox.axoneme.io/cni-config";

    /// <summary><c>namespace/name</c>.</summary>
    public string Key => $"{Namespace}/{Name}";

    /// <summary>Whether both listen on the same ports.</summary>
    internal bool HasPortsOf(PodManifest other) => TcpPorts.SequenceEqual(other.TcpPorts) && UdpPorts.SequenceEqual(other.UdpPorts);

    /// <summary>Whether nothing changed that the runtime cares for.</summary>
    internal bool IsSameAs(PodManifest other) => Key == other.Key && HasPortsOf(other) && CniConfig == other.CniConfig;
}
