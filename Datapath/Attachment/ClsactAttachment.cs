using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Attachment;

/// <summary>Attachment by direct-action BPF filters of a clsact discipline, for kernels before 6.6. The interface holds them.</summary>
internal sealed class ClsactAttachment(PodPrograms programs) : IPodAttachment
{
    public void Attach(uint ifindex)
    {
        using var socket = RouteSocket.Open();
        TrafficControl.EnsureClsact(socket, ifindex);
        foreach (var placement in programs.Placements)
        {
            TrafficControl.ReplaceFilter(socket, ifindex, placement.Clsact, placement.Program, FilterName(placement));
        }
    }

    public void Detach(uint ifindex)
    {
        using var socket = RouteSocket.Open();
        foreach (var placement in programs.Placements)
        {
            TrafficControl.DeleteOurs(socket, ifindex, placement.Clsact, FilterName(placement));
        }
    }

    public IReadOnlyCollection<uint> Interfaces()
    {
        using var socket = RouteSocket.Open();
        return [.. TrafficControl.InterfacesWithClsact(socket).Where(ifindex =>
            programs.Placements.All(placement => TrafficControl.HasOurs(socket, ifindex, placement.Clsact, FilterName(placement))))];
    }

    private static string FilterName(PodPrograms.Placement placement) => $"axoneme_{placement.Name}";
}
