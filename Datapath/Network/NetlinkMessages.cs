using System.Runtime.InteropServices;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>Takes a datagram of the kernel apart (netlink(7)), whatever part of the kernel it is from.</summary>
internal static class NetlinkMessages
{
    /// <summary>Takes a message without its header.</summary>
    internal delegate void Reader(NetlinkHeader header, ReadOnlySpan<byte> body);

    /// <summary>Hands over the messages of a datagram.</summary>
    /// <param name="from">Whose datagram it is, for errors.</param>
    /// <param name="datagram">As it was received.</param>
    /// <param name="onMessage">Called for each message in order.</param>
    /// <exception cref="KernelException">A message claims more than came, or less than its header.</exception>
    public static void ForEach(string from, ReadOnlySpan<byte> datagram, Reader onMessage)
    {
        while (datagram.Length >= HeaderSize)
        {
            var header = MemoryMarshal.Read<NetlinkHeader>(datagram);
            if (header.Length < HeaderSize || header.Length > datagram.Length)
            {
                throw new KernelException($"{from}: a message claims {header.Length} bytes where {datagram.Length} came");
            }

            onMessage(header, datagram[HeaderSize..(int)header.Length]);
            datagram = datagram[Math.Min((int)(header.Length + 3) & ~3, datagram.Length)..];
        }
    }

    /// <summary>The error that an acknowledgement or the end of a list brings, positive; 0 for none.</summary>
    /// <exception cref="KernelException">An acknowledgement is too short to say.</exception>
    public static int ErrorOf(string from, NetlinkHeader header, ReadOnlySpan<byte> body) =>
        body.Length >= sizeof(int) ? -MemoryMarshal.Read<int>(body)
        : header.Type == MessageDone ? 0
        : throw new KernelException($"{from}: an acknowledgement has {body.Length} bytes, too few for an error number");

    /// <summary>The kernel's own words, when it gave any (NETLINK_EXT_ACK): behind the error number and, in errors, the capped request.</summary>
    public static string? ErrorTextOf(NetlinkHeader header, ReadOnlySpan<byte> body)
    {
        var before = sizeof(int) + (header.Type == MessageError ? HeaderSize : 0);
        if ((header.Flags & HasTlvs) == 0 || body.Length < before)
        {
            return null;
        }

        var attributes = new NetlinkAttributes(body[before..]);
        while (attributes.Next())
        {
            if (attributes.Type == ErrorText)
            {
                return attributes.Text;
            }
        }

        return null;
    }
}
