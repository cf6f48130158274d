using System.Globalization;
using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Attachment;

/// <summary>
/// The program of devices' drivers (XDP), attached by pinned links such as <c>links/3_xdp_netdev</c>. When the interface goes, the kernel empties
/// the link and the pin is all that is left.
/// </summary>
internal sealed class DriverAttachment(LoadedObject programs, PinDirectory pins)
{
    /// <summary>The object file that has it.</summary>
    public const string ObjectName = "xdp.bpf.o";

    /// <summary>The program.</summary>
    public const string ProgramName = "xdp_netdev";

    private const uint InDriver = 1 << 2; // XDP_FLAGS_DRV_MODE
    private const uint InStack = 1 << 1;  // XDP_FLAGS_SKB_MODE

    /// <summary>Attaches it, or puts it in the place of an older one.</summary>
    /// <param name="ifindex">The device.</param>
    /// <param name="inDriver">By the driver itself; otherwise by the kernel for it, which is slow and for tests.</param>
    public void Attach(uint ifindex, bool inDriver)
    {
        var path = PathOf(ifindex);
        using var existing = BpfObjectCalls.OpenPinned(path);
        if (existing is not null)
        {
            if (BpfLinkCalls.Update(existing, Program) == 0)
            {
                return;
            }

            FileSystem.Remove(path); // its interface is gone: the number was given to a new one
        }

        var result = BpfLinkCalls.Create(Program, ifindex, BpfAttachType.Xdp, inDriver ? InDriver : InStack);
        if (result < 0)
        {
            throw KernelException.For($"interface {ifindex}", $"attach {ProgramName} {(inDriver ? "in the driver" : "in the stack")}", -result);
        }

        using var link = new FileDescriptor(result);
        PinDirectory.Pin(link, path);
    }

    /// <summary>Detaches it; no effect when it is not there or the interface is gone.</summary>
    public void Detach(uint ifindex)
    {
        var path = PathOf(ifindex);
        using var link = BpfObjectCalls.OpenPinned(path);
        if (link is null)
        {
            return;
        }

        // Not by unpinning alone: another process might hold the link open. ENOLINK: the interface went first.
        var result = BpfLinkCalls.Detach(link);
        if (result < 0 && result != -Errno.NoLink)
        {
            throw KernelException.For($"interface {ifindex}", $"detach {ProgramName}", -result);
        }

        FileSystem.Remove(path);
    }

    /// <summary>Interfaces that carry it.</summary>
    public IReadOnlyCollection<uint> Interfaces() => [.. Pinned().Where(IsAlive)];

    /// <summary>Puts the program in the place of older ones.</summary>
    public void TakeOver()
    {
        foreach (var ifindex in Pinned())
        {
            using var link = BpfObjectCalls.OpenPinned(PathOf(ifindex));
            var result = link is null ? 0 : BpfLinkCalls.Update(link, Program);
            if (result == -Errno.NoLink)
            {
                FileSystem.Remove(PathOf(ifindex)); // the interface went
            }
            else if (result < 0)
            {
                throw KernelException.For($"link {PathOf(ifindex)}", "update", -result);
            }
        }
    }

    private FileDescriptor Program => programs.Program(ProgramName);

    private IEnumerable<uint> Pinned() => Directory.GetFiles(pins.Links, $"*_{ProgramName}")
        .Select(path => uint.Parse(Path.GetFileName(path).Split('_', 2)[0], CultureInfo.InvariantCulture));

    private bool IsAlive(uint ifindex)
    {
        var path = PathOf(ifindex);
        using var link = BpfObjectCalls.OpenPinned(path);
        return link is not null && BpfObjectCalls.Info<BpfLinkInfo>(link, $"link {path}").Ifindex == ifindex;
    }

    private string PathOf(uint ifindex) => Path.Combine(pins.Links, $"{ifindex}_{ProgramName}");
}
