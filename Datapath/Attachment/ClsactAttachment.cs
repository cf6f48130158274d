using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Attachment;

/// <summary>
/// Attachment by direct-action BPF filters of a clsact discipline, for kernels before 6.6. The interface holds them; the
/// filter's name says which node's they are, so that two nodes in one network namespace leave each other's alone.
/// </summary>
internal sealed class ClsactAttachment(InterfacePrograms programs, string bpfRoot) : IAttachment
{
    private static readonly FileDescriptor NoProgram = new(-1);
    private readonly string _node = NodeDevices.HashOf(bpfRoot);

    /// <summary>To find and detach what an earlier process attached; it has no programs to attach.</summary>
    public static ClsactAttachment WithoutPrograms(InterfaceRole role, string bpfRoot) => new(new InterfacePrograms(role, NoProgram, NoProgram), bpfRoot);

    public void Attach(uint ifindex)
    {
        using var socket = RouteSocket.Open();
        TrafficControl.EnsureClsact(socket, ifindex);
        foreach (var placement in programs.Placements)
        {
            TrafficControl.ReplaceFilter(socket, ifindex, placement.Clsact, placement.Program, FilterName(placement.Name));
        }
    }

    public void Detach(uint ifindex)
    {
        using var socket = RouteSocket.Open();
        foreach (var placement in programs.Placements)
        {
            TrafficControl.DeleteOurs(socket, ifindex, placement.Clsact, FilterName(placement.Name));
        }
    }

    public IReadOnlyCollection<uint> Interfaces() => With(Enumerable.All);

    public IReadOnlyCollection<uint> PartlyAttached() => With(Enumerable.Any);

    private IReadOnlyCollection<uint> With(Func<IEnumerable<InterfacePrograms.Placement>, Func<InterfacePrograms.Placement, bool>, bool> quantifier)
    {
        using var socket = RouteSocket.Open();
        return [.. TrafficControl.InterfacesWithClsact(socket).Where(ifindex =>
            quantifier(programs.Placements, placement => TrafficControl.HasOurs(socket, ifindex, placement.Clsact, FilterName(placement.Name))))];
    }

    /// <summary>What the filter of a program is called.</summary>
    internal string FilterName(string program) => $"axoneme_{_node}_{program}";
}
