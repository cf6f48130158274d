using Axoneme.NodeActors.Local;

namespace Axoneme.NodeActors.Endpoints;

/// <summary>The node as an endpoint beside its pods.</summary>
internal sealed partial class EndpointService
{
    /// <summary>The node itself; null when its own traffic is not judged.</summary>
    public Endpoint? Host { get; private set; }

    /// <summary>Pods and the node: everything that has a policy.</summary>
    public IReadOnlyList<Endpoint> Judged => [.. _endpoints.Values, .. Host is { } host ? [host] : Array.Empty<Endpoint>()];

    /// <summary>
    /// At start, after <see cref="RestoreAsync"/>: makes the node an endpoint when its host firewall is on. It keeps the id of an earlier run, unless a pod
    /// has that by now.
    /// </summary>
    /// <exception cref="NodeAgentException">All endpoint ids are in use.</exception>
    public async Task<Endpoint?> EnsureHostAsync(LocalEndpoint? journaled)
    {
        if (!options.HostFirewall)
        {
            return null;
        }

        var keeps = journaled is not null && _ids.Reserve((ushort)journaled.Id);
        var host = Endpoint.Host(keeps ? (ushort)journaled!.Id : _ids.Allocate()) with { Audit = journaled is null ? null : Endpoint.AuditOf(journaled) };
        if (!keeps)
        {
            await store.CommitAsync(new LocalChange(LocalStore.Kinds.HostEndpoint, "host", host.ToRecord())).ConfigureAwait(false);
        }

        return Host = host;
    }
}
