using System.Security.Cryptography;
using System.Text;

namespace Axoneme.Datapath.Network;

/// <summary>
/// Names of the devices a node makes for itself: the same in every run, and other ones for each node, since nodes may share a network
/// namespace but never a directory in the bpffs.
/// </summary>
public static class NodeDevices
{
    /// <summary>What all of them begin with.</summary>
    public const string Prefix = "axo_";

    /// <summary>What the host sides of pods' interfaces begin with.</summary>
    public const string PodPrefix = "lxc";

    /// <summary>The device that holds the router addresses, 12 bytes.</summary>
    public static string HostDeviceOf(string bpfRoot) => Prefix + HashOf(bpfRoot);

    /// <summary>Name of the network namespace of the node's health endpoint, in <see cref="NetworkNamespace.Directory"/>.</summary>
    public static string HealthNamespaceOf(string bpfRoot) => $"cilium-health-{HashOf(bpfRoot)}";

    /// <summary>The tunnel device, 14 bytes.</summary>
    public static string TunnelDeviceOf(string bpfRoot) => $"{Prefix}vx{HashOf(bpfRoot)}";

    /// <summary>Whether a name is one a node gives, to its own devices or to pods'.</summary>
    public static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) || name.StartsWith(PodPrefix, StringComparison.Ordinal);

    /// <summary>Whether a device is of a node with another host device than this one.</summary>
    public static bool IsOfAnotherNode(string name, string hostDevice) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && !name.Contains(hostDevice[Prefix.Length..], StringComparison.Ordinal);

    /// <summary>What tells apart nodes that share a network namespace: 8 characters that follow from the bpffs directory.</summary>
    internal static string HashOf(string bpfRoot) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.TrimEndingDirectorySeparator(bpfRoot))))[..8];
}
