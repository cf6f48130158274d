using System.Text.Json;

namespace Axoneme.Sandbox.Pods;

/// <summary>
/// What must be known of a pod after kill -9: enough to find it again, and enough to remove all of it. Config is the CNI configuration of
/// its ADD, which its DEL gets again; Result the plugin's answer, null when ADD was never completed; Process the program inside, null
/// when none was started; NetworkNamespace a name under /run/netns.
/// </summary>
internal sealed record PodRecord(
    string Namespace, string Name, string ContainerId, string NetworkNamespace, ushort[] TcpPorts, ushort[] UdpPorts, string? CniConfig, string File,
    JsonElement Config, JsonElement? Result, ProcessIdentity? Process, int Document = 0)
{
    public PodManifest Manifest => new(Namespace, Name, TcpPorts, UdpPorts, CniConfig, File, Document);
}
