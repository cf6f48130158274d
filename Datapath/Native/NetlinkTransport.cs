using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>A netlink socket: datagrams to the kernel and back. It stays in the network namespace it was opened in.</summary>
internal sealed unsafe class NetlinkTransport : IDisposable
{
    /// <summary>NETLINK_ROUTE: interfaces, addresses, routes.</summary>
    public const int Route = 0;

    /// <summary>NETLINK_SOCK_DIAG: sockets.</summary>
    public const int SocketDiagnosis = 4;

    private const int FamilyNetlink = 16;
    private const int SolNetlink = 270;
    private const int CapAcknowledgements = 10;
    private const int ExtendedAcknowledgements = 11;
    private const int StrictChecking = 12;
    private const int ReceiveTimeout = 20; // SO_RCVTIMEO
    private readonly FileDescriptor _socket;

    /// <param name="protocol">Which part of the kernel to talk to.</param>
    /// <param name="groups">Multicast groups to listen to (RTMGRP_*), 0 for none.</param>
    /// <param name="patience">How long <see cref="Receive"/> waits. The kernel always answers requests; a bound keeps a kernel bug from hanging an agent.</param>
    public NetlinkTransport(int protocol, uint groups = 0, TimeSpan? patience = null)
    {
        var descriptor = Libc.Socket(FamilyNetlink, Libc.SocketRaw | Libc.SocketCloseOnExec, protocol);
        _socket = descriptor >= 0 ? new FileDescriptor(descriptor) : throw KernelException.For("netlink socket", "open", Marshal.GetLastPInvokeError());
        SetOption(descriptor, SolNetlink, CapAcknowledgements, 1);
        SetOption(descriptor, SolNetlink, ExtendedAcknowledgements, 1);
        SetOption(descriptor, SolNetlink, StrictChecking, 1);
        var wait = patience ?? TimeSpan.FromSeconds(10);
        SetOption(descriptor, Libc.SolSocket, ReceiveTimeout, new TimeValue { Seconds = (long)wait.TotalSeconds, Microseconds = wait.Milliseconds * 1000 });
        if (groups != 0)
        {
            var address = stackalloc byte[12]; // struct sockaddr_nl
            new Span<byte>(address, 12).Clear();
            *(ushort*)address = FamilyNetlink;
            *(uint*)(address + 8) = groups;
            if (Libc.Bind(descriptor, address, 12) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                _socket.Dispose();
                throw KernelException.For("netlink socket", $"listen to groups 0x{groups:x}", error);
            }
        }
    }

    /// <summary>Sends one datagram, which may hold several messages.</summary>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        using var lease = _socket.Acquire();
        var address = stackalloc byte[12]; // struct sockaddr_nl of the kernel: port 0
        new Span<byte>(address, 12).Clear();
        *(ushort*)address = FamilyNetlink;
        fixed (byte* pointer = datagram)
        {
            if (Libc.SendTo(lease.Number, pointer, (nuint)datagram.Length, 0, address, 12) < 0)
            {
                throw KernelException.For("netlink socket", "send", Marshal.GetLastPInvokeError());
            }
        }
    }

    /// <summary>Receives one datagram.</summary>
    public int Receive(Span<byte> buffer)
    {
        using var lease = _socket.Acquire();
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var length = Libc.Receive(lease.Number, pointer, (nuint)buffer.Length, 0);
                if (length >= 0)
                {
                    return (int)length;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error != Errno.Interrupted)
                {
                    throw KernelException.For("netlink socket", "receive", error);
                }
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static void SetOption<T>(int descriptor, int level, int name, T value)
        where T : unmanaged
    {
        if (Libc.SetSocketOption(descriptor, level, name, &value, (uint)sizeof(T)) < 0)
        {
            throw KernelException.For("netlink socket", $"set option {level}/{name}", Marshal.GetLastPInvokeError());
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeValue
    {
        public long Seconds;
        public long Microseconds;
    }
}
