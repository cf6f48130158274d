using System.Net;
using System.Net.Sockets;
using Axoneme.Wire.Agent;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Health;

/// <summary>Asks nodes, by ICMP and by HTTP, at their own addresses and at their health endpoints'.</summary>
/// <param name="port">Where health responders listen.</param>
/// <param name="patience">How long one answer is waited for.</param>
/// <param name="make">Makes sockets in the node's network namespace.</param>
/// <param name="timeProvider">Measures.</param>
internal sealed class HealthProber(ushort port, TimeSpan patience, Func<Func<Socket>, Socket> make, TimeProvider timeProvider)
{
    /// <summary>Probes under way at a time: a large cluster is asked over a while and not at once.</summary>
    private const int MostAtOnce = 64;
    private readonly SemaphoreSlim _room = new(MostAtOnce, MostAtOnce);

    /// <summary>
    /// A node's own addresses to ask: those others reach it by, or for one that names none of a family the first that is not of its pods' blocks, where
    /// its routers' are.
    /// </summary>
    public static IReadOnlyList<IPAddress> HostAddresses(NodeRecord node)
    {
        var blocks = node.PodCidrs.Select(text => IPNetwork.TryParse(text, out var block) ? block : (IPNetwork?)null).OfType<IPNetwork>().ToArray();
        var own = State.NodeState.Addresses(node).Where(address => !blocks.Any(block => block.Contains(address))).ToArray();
        return
        [
            .. Primary(node.NodeIpv4, AddressFamily.InterNetwork),
            .. Primary(node.NodeIpv6, AddressFamily.InterNetworkV6),
        ];

        IEnumerable<IPAddress> Primary(string named, AddressFamily family) => IPAddress.TryParse(named, out var address)
            ? [address]
            : own.Where(candidate => candidate.AddressFamily == family).Take(1);
    }

    /// <summary>Asks every node once.</summary>
    public async Task<IReadOnlyList<NodeHealth>> ProbeAsync(IEnumerable<NodeRecord> nodes, CancellationToken cancellationToken) =>
        await Task.WhenAll(nodes.Select(async node => new NodeHealth(
            node.Name,
            await PathsAsync(HostAddresses(node), cancellationToken).ConfigureAwait(false),
            await PathsAsync(State.NodeState.HealthAddressesOf(node), cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);

    private async Task<IReadOnlyList<PathHealth>> PathsAsync(IEnumerable<IPAddress> addresses, CancellationToken cancellationToken) =>
        await Task.WhenAll(addresses.Select(address => PathAsync(address, cancellationToken))).ConfigureAwait(false);

    private async Task<PathHealth> PathAsync(IPAddress address, CancellationToken cancellationToken)
    {
        var icmp = AskAsync(token => EchoProbe.AskAsync(address, make, token), cancellationToken);
        var http = AskAsync(token => HelloProbe.AskAsync(new IPEndPoint(address, port), make, token), cancellationToken);
        return new PathHealth(address.ToString(), await icmp.ConfigureAwait(false), await http.ConfigureAwait(false));
    }

    private async Task<ProbeHealth> AskAsync(Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            var begun = timeProvider.GetTimestamp();
            await ask(limit.Token).ConfigureAwait(false);
            return new ProbeHealth(timeProvider.GetElapsedTime(begun).TotalSeconds, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeHealth(null, FormattableString.Invariant($"no answer within {patience.TotalSeconds:0.#} s"));
        }
        catch (Exception exception) when (exception is SocketException or IOException or Datapath.KernelException)
        {
            return new ProbeHealth(null, exception.Message);
        }
        finally
        {
            _room.Release();
        }
    }
}
