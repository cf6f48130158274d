using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.State;

/// <summary>
/// The maps the state actor writes, and the order it writes them in: whatever an entry points to is in the kernel before the entry,
/// and goes after it.
/// </summary>
internal sealed class KernelMaps
{
    private readonly IMapReconciler[] _inOrder;

    public KernelMaps(IDatapath datapath, ILogger logger)
    {
        Endpoints = new(datapath.Endpoints, logger);
        Hosts = new(datapath.Hosts, logger);
        Prefixes = new(datapath.Prefixes, logger);
        Policy = new(datapath.Policy, logger);
        PolicyRanges = new(datapath.PolicyRanges, logger, removesStrangers: false);
        Tunnels = new(datapath.Tunnels, logger, removesStrangers: false);
        _inOrder = [PolicyRanges, Policy, Prefixes, Tunnels, Hosts, Endpoints];
    }

    public MapReconciler<uint, EndpointEntry> Endpoints { get; }

    public MapReconciler<IpAddressKey, IpcacheEntry> Hosts { get; }

    public MapReconciler<PrefixKey, IpcacheEntry> Prefixes { get; }

    public MapReconciler<uint, IpAddressKey> Tunnels { get; }

    public MapReconciler<PolicyKey, PolicyEntry> Policy { get; }

    public MapReconciler<uint, PolicyRangeEntry> PolicyRanges { get; }

    public IEnumerable<MapStatus> Status => _inOrder.Select(map => map.Status);

    /// <summary>Finds what differs in the kernel; see <see cref="IMapReconciler.Compare"/>.</summary>
    public int Compare(bool countsAsDrift) => _inOrder.Sum(map => map.Compare(countsAsDrift));

    /// <summary>
    /// Writes everything pending. A map that refuses holds up those whose entries point into it; removals are only
    /// made once everything is written, except where an endpoint or an address is gone: that depends on nothing and may make room.
    /// </summary>
    /// <param name="retire">Called between writing and removing, to give up what the new entries made needless.</param>
    public bool Flush(Action retire)
    {
        if (!_inOrder.All(map => map.WritePuts()))
        {
            Endpoints.WriteDeletes();
            Hosts.WriteDeletes();
            return false;
        }

        retire();
        return _inOrder.Reverse().Select(map => map.WriteDeletes()).ToArray().All(written => written);
    }
}
