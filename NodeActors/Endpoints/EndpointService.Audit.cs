using Axoneme.NodeActors.Local;
using Axoneme.Persistence;

namespace Axoneme.NodeActors.Endpoints;

/// <summary>What can be set per endpoint.</summary>
internal sealed partial class EndpointService
{
    /// <summary>Whether policy is only reported at an endpoint.</summary>
    public bool IsAudited(Endpoint endpoint) => endpoint.Audit ?? options.PolicyAuditMode;

    /// <summary>An endpoint by its id, the node itself included; null when there is none.</summary>
    public Endpoint? Find(ushort id) => Judged.FirstOrDefault(endpoint => endpoint.Id == id);

    /// <summary>
    /// Switches audit mode at one endpoint, durably: restarts and label changes keep it, and it ends with the endpoint. Set to what the node's option
    /// says, the endpoint follows that option again. Returns when the kernel judges so.
    /// </summary>
    /// <returns>False when there is no such endpoint.</returns>
    /// <exception cref="JournalUnavailableException">It cannot be kept; nothing changed.</exception>
    /// <exception cref="Datapath.KernelException">The kernel refused for now; it is kept and tried again.</exception>
    public async Task<bool> SetAuditAsync(ushort id, bool enabled, CancellationToken cancellationToken)
    {
        if (Find(id) is not { } found)
        {
            return false;
        }

        using var held = await _locks.HoldAsync(found.ContainerId, cancellationToken).ConfigureAwait(false);

        // While this waited, the endpoint may have gone or become ready.
        if (Find(id) is not { } endpoint || endpoint.Attachment != found.Attachment)
        {
            return false;
        }

        var configured = endpoint with { Audit = enabled == options.PolicyAuditMode ? null : enabled };
        if (configured.IsHost)
        {
            await store.CommitAsync(new LocalChange(LocalStore.Kinds.HostEndpoint, "host", configured.ToRecord())).ConfigureAwait(false);
            Host = configured;
        }
        else
        {
            await store.CommitAsync(new LocalChange(LocalStore.Kinds.Endpoint, configured.JournalKey, configured.ToRecord())).ConfigureAwait(false);
            _endpoints[configured.Attachment] = configured;
        }

        Log.AuditSet(logger, configured.Name, enabled ? "on" : "off");
        await state.ConfigureEndpointAsync(configured).ConfigureAwait(false);
        return true;
    }
}
