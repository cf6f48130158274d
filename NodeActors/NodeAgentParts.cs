using Axoneme.Datapath;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Network;
using Axoneme.Persistence;
using Axoneme.Persistence.Sqlite;

namespace Axoneme.NodeActors;

/// <summary>What an agent stands on; tests give it others.</summary>
/// <param name="Datapath">Maps, attachments, events.</param>
/// <param name="Network">Interfaces, addresses, routes.</param>
/// <param name="Journal">The node's own journal.</param>
/// <param name="RemovePins">Takes away what the datapath left pinned, after it was disposed.</param>
internal sealed record NodeAgentParts(IDatapath Datapath, INodeNetwork Network, IJournal Journal, Action RemovePins)
{
    /// <summary>The kernel's datapath and network and a journal on disk.</summary>
    public static async Task<NodeAgentParts> OpenAsync(NodeAgentOptions options, Func<IDatapath>? openDatapath)
    {
        var datapathOptions = MapSizing.Apply(
            new DatapathOptions { BpfRoot = options.BpfRoot, ForceClsact = options.ForceClsact }, options, MapSizing.MachineMemory(await File.ReadAllTextAsync("/proc/meminfo").ConfigureAwait(false)));
        var journal = SqliteJournal.Open(Path.Combine(options.StateDirectory, "agent.db"));
        IDatapath? datapath = null;
        try
        {
            datapath = openDatapath is null ? NodeDatapath.Open(datapathOptions) : openDatapath();
            return new NodeAgentParts(datapath, new NodeNetwork(NodeNetwork.HostDeviceOf(options.BpfRoot)), journal, openDatapath is null ? () => NodeDatapath.Remove(datapathOptions) : () => { });
        }
        catch
        {
            datapath?.Dispose();
            await journal.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
