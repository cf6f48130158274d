using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>Packets and bytes with one fate in one direction; reason 0 is forwarded.</summary>
public readonly record struct PacketCount(byte Reason, TrafficDirection Direction, ulong Packets, ulong Bytes);
