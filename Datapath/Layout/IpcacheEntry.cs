using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of maps <c>hosts</c> and <c>prefixes</c> (<c>struct ipcache_entry</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct IpcacheEntry
{
    public uint Identity { get; init; }

    /// <summary>Host-side interface when the address is a pod's of this node, else 0.</summary>
    public uint Ifindex { get; init; }

    /// <summary>Index into map <c>tunnels</c> of the node it is behind, 0 when it is reached without a tunnel.</summary>
    public uint Tunnel { get; init; }
    public uint Flags { get; init; }
}
