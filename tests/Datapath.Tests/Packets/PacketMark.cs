namespace Axoneme.Datapath.Tests.Packets;

/// <summary><c>MARK_*</c> of lib/forward.h: what one program tells the next.</summary>
internal enum PacketMark : uint
{
    None = 0,
    Forwarded = 0xa00,
    Masquerade = 0xb00,
    Judged = 0xc00,
}
