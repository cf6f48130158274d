namespace Axoneme.Datapath.Native;

/// <summary>Error numbers of Linux (asm-generic/errno.h) that decide what we do next.</summary>
internal static class Errno
{
    public const int NoEntry = 2;
    public const int NoSuchDeviceOrAddress = 6;
    public const int Interrupted = 4;
    public const int TooBig = 7;
    public const int Again = 11;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int NoLink = 67;
    public const int NoBufferSpace = 105;
    public const int OperationNotSupported = 95;
    public const int Stale = 116;

    /// <summary>ENOTSUPP: the kernel's own number for "this map type has no such operation"; libc has no text for it.</summary>
    public const int NotSupportedByKernel = 524;
}
