using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What a program did with one packet, and what it said of it.</summary>
internal sealed record PacketOutcome(int Verdict, byte[] Output, DatapathEvent[] Events, byte[] Input, uint Mark)
{
    private const int EthernetLength = 14;

    public DatapathEvent Event => Assert.Single(Events);

    /// <summary>Straight into the other pod of this node.</summary>
    public PacketOutcome IsDelivered()
    {
        Assert.Equal((PacketWorld.Redirect, Reason()), (Verdict, (DropReason)0));
        return this;
    }

    /// <summary>On to the host's stack, or into the pod from it.</summary>
    public PacketOutcome IsPassed()
    {
        Assert.Equal((PacketWorld.Pass, Reason()), (Verdict, (DropReason)0));
        return this;
    }

    public PacketOutcome IsDropped(DropReason reason)
    {
        Assert.Equal((PacketWorld.Drop, reason), (Verdict, Reason()));
        return this;
    }

    /// <summary>The IP packet afterwards.</summary>
    public byte[] Packet => Output[EthernetLength..];

    /// <summary>Into a pod, with the MAC addresses of its link.</summary>
    public PacketOutcome IsDeliveredTo(EndpointEntry pod)
    {
        IsDelivered();
        Assert.Equal((pod.Mac, pod.GatewayMac), Macs(Output));
        return this;
    }

    /// <summary>To the stack, which does what the mark says.</summary>
    public PacketOutcome IsLeftToStack(PacketMark mark)
    {
        IsPassed();
        Assert.Equal(mark, (PacketMark)Mark);
        Assert.Equal(Input, Output);
        return this;
    }

    /// <summary>Out by a device of ours to its router, with a hop less.</summary>
    public PacketOutcome IsSentOut(MacAddress device)
    {
        IsDelivered();
        Assert.Equal((NodeWorld.RouterMac, device, PacketMark.Forwarded), (Macs(Output).Destination, Macs(Output).Source, (PacketMark)Mark));
        Assert.Equal(HopsLeft(Input) - 1, HopsLeft(Output));
        return this;
    }

    /// <summary>Out by a device of ours to a neighbour that the kernel has to find first.</summary>
    public PacketOutcome IsSentToUnknownNeighbour()
    {
        IsDelivered();
        Assert.Equal((Macs(Input), PacketMark.Forwarded), (Macs(Output), (PacketMark)Mark));
        Assert.Equal(HopsLeft(Input) - 1, HopsLeft(Output));
        return this;
    }

    /// <summary>To the tunnel device: the inner frame goes as it is.</summary>
    public PacketOutcome IsSentThroughTunnel()
    {
        IsDelivered();
        Assert.Equal(PacketMark.Forwarded, (PacketMark)Mark);
        Assert.Equal(Input, Output);
        return this;
    }

    /// <summary>To the tunnel device, changed.</summary>
    public PacketOutcome IsTunnelled()
    {
        IsDelivered();
        Assert.Equal((Macs(Input), PacketMark.Forwarded), (Macs(Output), (PacketMark)Mark));
        return this;
    }

    /// <summary>Dropped, and told so on the link it came by.</summary>
    public PacketOutcome IsAnswered(DropReason reason)
    {
        Assert.Equal((PacketWorld.Redirect, reason), (Verdict, Reason()));
        Assert.Equal((Macs(Input).Source, Macs(Input).Destination), Macs(Output));
        return HasRightChecksums();
    }

    /// <summary>The IP packet afterwards is this one, to the last byte.</summary>
    public PacketOutcome Is(byte[] packet)
    {
        Assert.Equal(Convert.ToHexString(packet), Convert.ToHexString(Packet));
        return this;
    }

    /// <summary>On its way out by the interface whose program saw it.</summary>
    public PacketOutcome Leaves(PacketMark mark = PacketMark.None)
    {
        IsPassed();
        Assert.Equal(mark, (PacketMark)Mark);
        return this;
    }

    /// <summary>Every checksum of the packet is what it should be.</summary>
    public PacketOutcome HasRightChecksums()
    {
        Checksums.AssertRight(Packet);
        return this;
    }

    public PacketOutcome IsSilent()
    {
        Assert.Empty(Events);
        return this;
    }

    public PacketOutcome Says(EventType type)
    {
        Assert.Contains(Events, e => e.Type == type);
        return this;
    }

    private static (MacAddress Destination, MacAddress Source) Macs(byte[] frame) => (MacAddress.From(frame), MacAddress.From(frame.AsSpan(6)));

    private static int HopsLeft(byte[] frame) => frame[EthernetLength] >> 4 == 4 ? frame[EthernetLength + 8] : frame[EthernetLength + 7];

    private DropReason Reason() => (DropReason)Events.Where(e => e.Type == EventType.Drop).Select(e => e.Reason).SingleOrDefault();
}
