using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Cni;
using Axoneme.NodeActors.Endpoints;

namespace Axoneme.NodeActors.Health;

/// <summary>
/// The node's endpoint that others reach only if the datapaths on both sides work: a network namespace of its own behind an interface as every pod
/// has, with identity health. It outlives the agent; a new run adopts it with its addresses.
/// </summary>
/// <param name="bpfRoot">Tells apart nodes that share <c>/run/netns</c>.</param>
/// <param name="endpoints">Makes and adopts it.</param>
internal sealed class HealthEndpoint(string bpfRoot, EndpointService endpoints)
{
    private const string InterfaceName = "cilium";
    private string NetnsName { get; } = NodeDevices.HealthNamespaceOf(bpfRoot);

    private string NetnsPath => $"{NetworkNamespace.Directory}/{NetnsName}";

    private string ContainerId => $"{Endpoint.HealthPrefix}{NetnsName}";

    /// <summary>Its addresses; empty while there is none.</summary>
    public IReadOnlyList<IPAddress> Addresses =>
        [.. endpoints.Endpoints.Where(endpoint => endpoint.ContainerId == ContainerId && endpoint.IsReady).SelectMany(endpoint => endpoint.Interface.Addresses)];

    /// <summary>Makes it, or what of it is missing; does nothing to one that is whole.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    /// <exception cref="CniException">There is no room for it.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!IsNamespace())
        {
            NetworkNamespace.Delete(NetnsName);
            NetworkNamespace.Create(NetnsName).Dispose();
        }

        var request = new CniRequest(new CniConfig(CniConfig.Newest, null, default), ContainerId, NetnsPath, InterfaceName, "", "", "");
        await endpoints.AddAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes it with its namespace; no effect when there is none.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await endpoints.DeleteAsync(ContainerId, InterfaceName, cancellationToken).ConfigureAwait(false);
        if (File.Exists(NetnsPath))
        {
            NetworkNamespace.Delete(NetnsName);
        }
    }

    /// <summary>Makes a socket inside.</summary>
    public Socket Inside(Func<Socket> make)
    {
        using var netns = NetworkNamespace.Open(NetnsPath);
        return netns.Run(make);
    }

    /// <summary>A file may be there without being a namespace: what is left of one whose mount is gone.</summary>
    private bool IsNamespace()
    {
        if (!File.Exists(NetnsPath))
        {
            return false;
        }

        try
        {
            using var netns = NetworkNamespace.Open(NetnsPath);
            netns.Run(() => { });
            return true;
        }
        catch (KernelException)
        {
            return false;
        }
    }
}
