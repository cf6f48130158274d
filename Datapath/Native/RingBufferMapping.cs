using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>
/// A BPF ring buffer mapped into our memory (kernel/bpf/ringbuf.c): one page with our position, one with the producer's,
/// then the data twice in a row, so that a record that wraps is still contiguous.
/// </summary>
internal sealed unsafe class RingBufferMapping : IDisposable
{
    private const uint BusyBit = 1u << 31;
    private const uint DiscardBit = 1u << 30;
    private const int HeaderSize = 8;

    private readonly byte* _consumer;
    private readonly byte* _producer;
    private readonly nuint _producerLength;
    private readonly ulong _mask;
    private readonly FileDescriptor _epoll;
    private int _disposed;

    public RingBufferMapping(FileDescriptor map, uint dataBytes, string name)
    {
        using var lease = map.Acquire();
        var page = (nuint)Environment.SystemPageSize;
        _mask = dataBytes - 1;
        _producerLength = page + 2 * (nuint)dataBytes;
        _consumer = Map(page, Libc.ProtectionRead | Libc.ProtectionWrite, lease.Number, 0, name);
        _producer = Map(_producerLength, Libc.ProtectionRead, lease.Number, (nint)page, name);

        var epoll = Libc.EpollCreate(Libc.EpollCloseOnExec);
        _epoll = epoll >= 0 ? new FileDescriptor(epoll) : throw KernelException.For($"ring buffer {name}", "epoll_create", Marshal.GetLastPInvokeError());

        // Edge-triggered: level-triggered epoll reports any pending byte, and the reader would spin where the kernel
        // was told not to wake it.
        var registration = EpollEvent(Libc.EpollIn | Libc.EpollEdgeTriggered);
        fixed (byte* pointer = registration)
        {
            if (Libc.EpollControl(epoll, Libc.EpollAdd, lease.Number, pointer) < 0)
            {
                throw KernelException.For($"ring buffer {name}", "epoll_ctl", Marshal.GetLastPInvokeError());
            }
        }
    }

    /// <summary>Waits until the kernel wakes us or the time is over.</summary>
    public void Wait(TimeSpan timeout)
    {
        using var lease = _epoll.Acquire();
        var events = stackalloc byte[16];
        _ = Libc.EpollWait(lease.Number, events, 1, (int)timeout.TotalMilliseconds); // a signal is as good as a timeout: the caller looks either way
    }

    /// <summary>
    /// Copies records of exactly <typeparamref name="T"/>'s size into <paramref name="records"/> and gives their space
    /// back. Stops at a record the kernel is still writing. Returns how many; <paramref name="foreign"/> counts records of another size.
    /// </summary>
    public int Read<T>(Span<T> records, out int foreign)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        foreign = 0;
        var count = 0;
        var data = _producer + Environment.SystemPageSize;
        var position = Volatile.Read(ref *(ulong*)_consumer);
        var end = Volatile.Read(ref *(ulong*)_producer);
        while (position < end && count < records.Length)
        {
            var record = data + (position & _mask);
            var header = Volatile.Read(ref *(uint*)record);
            if ((header & BusyBit) != 0)
            {
                break;
            }

            var length = header & ~DiscardBit;
            if ((header & DiscardBit) == 0)
            {
                if (length == sizeof(T))
                {
                    records[count++] = *(T*)(record + HeaderSize);
                }
                else
                {
                    foreign++;
                }
            }

            position += (length + HeaderSize + 7) & ~7u;
        }

        Volatile.Write(ref *(ulong*)_consumer, position);
        return count;
    }

    /// <summary>Once: unmapping again would take away whatever the process has mapped there since.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _epoll.Dispose();
        _ = Libc.MemoryUnmap((nint)_consumer, (nuint)Environment.SystemPageSize);
        _ = Libc.MemoryUnmap((nint)_producer, _producerLength);
    }

    /// <summary><c>struct epoll_event</c>: packed on x86_64 only; the event mask comes first everywhere.</summary>
    private static byte[] EpollEvent(uint events)
    {
        var bytes = new byte[16];
        MemoryMarshal.Write(bytes, in events);
        return bytes;
    }

    private static byte* Map(nuint length, int protection, int descriptor, nint offset, string name)
    {
        var address = Libc.MemoryMap(0, length, protection, Libc.MapShared, descriptor, offset);
        return address != -1 ? (byte*)address : throw KernelException.For($"ring buffer {name}", "mmap", Marshal.GetLastPInvokeError());
    }
}
