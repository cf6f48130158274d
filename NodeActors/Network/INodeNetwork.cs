using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Network;

/// <summary>
/// The node's interfaces, addresses, routes and neighbours. All calls are idempotent; failures are
/// <see cref="Datapath.KernelException"/> naming the object and the kernel's reason.
/// </summary>
internal interface INodeNetwork : INodeLinks
{
    /// <summary>Addresses of the node's own network namespace, loopback's excepted.</summary>
    IReadOnlyList<IPAddress> LocalAddresses();

    /// <summary>Runs something in the node's network namespace: a socket stays in the one it is made in.</summary>
    T Inside<T>(Func<T> function);

    /// <summary>Makes the device that holds the router addresses, and the switches pod traffic needs (forwarding).</summary>
    void EnsureHostDevice(IReadOnlyList<IPAddress> routers);

    /// <summary>Removes that device.</summary>
    void DeleteHostDevice();

    /// <summary>Kernel settings that <see cref="EnsureHostDevice"/> would change: paths under /proc/sys with the values they have now.</summary>
    IReadOnlyDictionary<string, string> SettingsToChange(IReadOnlyList<IPAddress> routers);

    /// <summary>Gives those settings their values back; false, without any effect, while another node in the same namespace needs them.</summary>
    bool RestoreSettings(IReadOnlyDictionary<string, string> before);

    /// <summary>Makes the pair with the pod's side inside its namespace, both down; an old pair of the name is replaced. Returns the host side's ifindex.</summary>
    uint Create(PodInterface pod);

    /// <summary>Gives a made pair its addresses, routes and neighbours on both sides and sets it up. What is there already stays.</summary>
    void Configure(PodInterface pod, uint ifindex);

    /// <summary>What of a pod's interfaces, addresses, routes and neighbours is missing or different, in words; empty when nothing is.</summary>
    IReadOnlyList<string> Differences(PodInterface pod);

    /// <summary>The ifindex of a pod's host side; null when there is no interface of its name and MAC. It lives as long as the pod's namespace.</summary>
    uint? Find(PodInterface pod);

    /// <summary>Removes a pair by its host side; the pod's side and all routes go with it. No effect when it is gone.</summary>
    void Delete(string hostName);

    /// <summary>Ends connected UDP sockets, see <see cref="Datapath.Network.SocketDiagnosis.EndUdp"/>.</summary>
    /// <param name="netns">Path of the network namespace to look in, null for the node's own. In one that is gone there are none.</param>
    /// <param name="peers">Sockets by cookie, with the peers they are connected to.</param>
    /// <returns>Those that were there.</returns>
    IReadOnlyList<SocketPeerKey> EndSockets(string? netns, IReadOnlySet<SocketPeerKey> peers);
}
