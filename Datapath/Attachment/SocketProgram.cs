using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Attachment;

/// <summary>Tells programs of an Axoneme node's sockets from everybody else's.</summary>
internal static class SocketProgram
{
    /// <summary>Maps that no other product's programs have; each of the programs uses one of them.</summary>
    private static readonly string[] _maps = ["socket_peers", "node_ports"];

    /// <summary>Whether a program in the kernel is some node's program of that name.</summary>
    public static bool Is(uint id, string name)
    {
        using var program = BpfObjectCalls.OpenById(BpfCommand.ProgramById, id);
        if (program is null)
        {
            return false;
        }

        var (itsName, maps) = BpfProgramCalls.Describe(program, $"program {id}");
        return itsName == name && Array.Exists(maps, map => _maps.Contains(NameOf(map)));
    }

    private static string? NameOf(uint map)
    {
        using var descriptor = BpfObjectCalls.OpenById(BpfCommand.MapById, map);
        return descriptor is null ? null : BpfObjectCalls.Info<BpfMapInfo>(descriptor, $"map {map}").Name;
    }
}
