namespace Axoneme.DatapathFuzz.Tests.Node;

/// <summary>One packet and where it is put in.</summary>
/// <param name="Program">The program, for example <c>from_pod</c>.</param>
/// <param name="Ifindex">The interface it is on.</param>
/// <param name="Frame">Ethernet header first.</param>
/// <param name="ArrivedOn">The interface it came to the node by, of what the stack sends to a pod; 0: the node made it.</param>
/// <param name="Mark">The mark that an earlier program left.</param>
/// <param name="TunnelIdentity">What the tunnel says of the sender; only of <c>from_overlay</c>.</param>
/// <param name="TunnelNode">The tunnel's other end, IPv4 in host byte order; 0: no key.</param>
internal sealed record Injection(string Program, uint Ifindex, byte[] Frame, uint ArrivedOn = 0, uint Mark = 0, uint TunnelIdentity = 0, uint TunnelNode = 0)
{
    /// <summary>The kernel refuses to test a frame without the whole IP header that its type promises.</summary>
    public bool CanRun => Frame.Length >= (Frame[12], Frame[13]) switch { (0x08, 0x00) => 34, (0x86, 0xDD) => 54, _ => 14 };

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Program} on {Ifindex}{(ArrivedOn != 0 ? $" arrived on {ArrivedOn}" : "")}{(Mark != 0 ? $" mark 0x{Mark:x}" : "")}{(Program == "from_overlay" ? $" tunnel identity {TunnelIdentity} node 0x{TunnelNode:x8}" : "")} {Convert.ToHexStringLower(Frame)}";
}
