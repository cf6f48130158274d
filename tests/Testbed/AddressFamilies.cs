namespace Axoneme.Testbed;

/// <summary>Which addresses a cluster's nodes and pods have.</summary>
[Flags]
public enum AddressFamilies
{
    IPv4 = 1,
    IPv6 = 2,
    Dual = IPv4 | IPv6,
}
