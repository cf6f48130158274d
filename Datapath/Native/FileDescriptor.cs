using Microsoft.Win32.SafeHandles;

namespace Axoneme.Datapath.Native;

/// <summary>An open file descriptor that we own.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int value)
        : base(ownsHandle: true) => SetHandle(value);

    /// <summary>Keeps the descriptor open while its number is in use, so that a concurrent Dispose cannot hand the number to another file.</summary>
    public Lease Acquire()
    {
        var added = false;
        DangerousAddRef(ref added);
        return new Lease(this);
    }

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;

    /// <summary>The number, valid until disposed.</summary>
    public readonly ref struct Lease(FileDescriptor owner)
    {
        public int Number => (int)owner.handle;

        public void Dispose() => owner.DangerousRelease();
    }
}
