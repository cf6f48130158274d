using System.Globalization;
using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Attachment;

/// <summary>
/// Attachment by pinned tcx links (Linux 6.6), such as <c>links/&lt;ifindex&gt;_from_pod</c> and <c>_to_pod</c>. When the interface
/// goes, the kernel empties the link and the pin is all that is left.
/// </summary>
internal sealed class TcxAttachment(InterfacePrograms programs, PinDirectory pins) : IAttachment
{
    public void Attach(uint ifindex)
    {
        using var expedited = ExpeditedGracePeriods.Hold();
        foreach (var placement in programs.Placements)
        {
            var path = PathOf(ifindex, placement.Name);
            using var existing = BpfObjectCalls.OpenPinned(path);
            if (existing is not null)
            {
                if (BpfLinkCalls.Update(existing, placement.Program) == 0)
                {
                    continue;
                }

                FileSystem.Remove(path); // its interface is gone: the number was given to a new one
            }

            var result = BpfLinkCalls.Create(placement.Program, ifindex, placement.Tcx);
            if (result < 0)
            {
                throw KernelException.For($"interface {ifindex}", $"attach {placement.Name} by tcx", -result);
            }

            using var link = new FileDescriptor(result);
            PinDirectory.Pin(link, path);
        }
    }

    public void Detach(uint ifindex)
    {
        using var expedited = ExpeditedGracePeriods.Hold();
        foreach (var placement in programs.Placements)
        {
            var path = PathOf(ifindex, placement.Name);
            using var link = BpfObjectCalls.OpenPinned(path);
            if (link is null)
            {
                continue;
            }

            // Not by unpinning alone: another process might hold the link open. ENOLINK: the interface went first.
            var result = BpfLinkCalls.Detach(link);
            if (result < 0 && result != -Errno.NoLink)
            {
                throw KernelException.For($"interface {ifindex}", $"detach {placement.Name} by tcx", -result);
            }

            FileSystem.Remove(path);
        }
    }

    public IReadOnlyCollection<uint> Interfaces()
    {
        var found = Pinned().Where(ifindex => programs.Placements.All(placement => IsAlive(ifindex, placement.Name)));
        return [.. found];
    }

    public IReadOnlyCollection<uint> PartlyAttached()
    {
        var found = Pinned().Where(ifindex => programs.Placements.Any(placement => IsAlive(ifindex, placement.Name)));
        return [.. found];
    }

    /// <summary>Removes pins of links whose interface is gone.</summary>
    public void RemoveStale()
    {
        foreach (var ifindex in Pinned())
        {
            foreach (var placement in programs.Placements.Where(placement => !IsAlive(ifindex, placement.Name)))
            {
                FileSystem.Remove(PathOf(ifindex, placement.Name));
            }
        }
    }

    private IEnumerable<uint> Pinned() => Directory.GetFiles(pins.Links)
        .Select(path => Path.GetFileName(path).Split('_', 2))
        .Where(parts => parts[1] == programs.FromName || parts[1] == programs.ToName)
        .Select(parts => uint.Parse(parts[0], CultureInfo.InvariantCulture))
        .Distinct();

    private bool IsAlive(uint ifindex, string program)
    {
        var path = PathOf(ifindex, program);
        using var link = BpfObjectCalls.OpenPinned(path);
        return link is not null && BpfObjectCalls.Info<BpfLinkInfo>(link, $"link {path}").Ifindex == ifindex;
    }

    private string PathOf(uint ifindex, string program) => Path.Combine(pins.Links, $"{ifindex}_{program}");
}
