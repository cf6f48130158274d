using System.Net;

namespace Axoneme.NodeActors.Addresses;

/// <summary>No address of a block is free.</summary>
internal sealed class AddressPoolExhaustedException(IPNetwork network, ulong capacity)
    : Exception($"pod CIDR {network}: all {capacity} addresses are in use; remove pods or give the node a larger block");
