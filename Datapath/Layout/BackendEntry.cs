using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>backends</c> (<c>struct backend</c>). The port is in network byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BackendEntry(IpAddressKey Address, ushort Port, byte Protocol, BackendFlags Flags);

/// <summary><c>enum backend_flags</c>.</summary>
[Flags]
public enum BackendFlags : byte
{
    None = 0,

    /// <summary>It keeps the connections it has.</summary>
    Terminating = 1,
}
