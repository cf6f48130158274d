using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What a program did with one packet, and what it said of it.</summary>
internal sealed record PacketOutcome(int Verdict, byte[] Output, DatapathEvent[] Events)
{
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

    private DropReason Reason() => (DropReason)Events.Where(e => e.Type == EventType.Drop).Select(e => e.Reason).SingleOrDefault();
}

/// <summary><c>enum drop_reason</c>.</summary>
internal enum DropReason : byte
{
    None = 0,
    InvalidSourceMac = 130,
    InvalidSourceIp = 132,
    Policy = 133,
    Invalid = 134,
    InvalidL4Header = 135,
    UnknownProtocol = 137,
    UnsupportedL3 = 139,
    StaleOrUnroutableIp = 151,
    NoLocalEndpoint = 152,
    InvalidExtensionHeader = 156,
    FragmentNotFound = 175,
    ForbiddenIcmp6 = 176,
    PolicyDeny = 181,
}
