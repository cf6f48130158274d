using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Endpoints;

namespace Axoneme.NodeActors.State;

/// <summary>Audit mode: what policy would drop is reported and passes. Pods and the node itself alike.</summary>
internal sealed partial class StateActor
{
    /// <summary>Tells the actor how an endpoint is to be judged and returns when the kernel judges it so.</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public Task ConfigureEndpointAsync(Endpoint endpoint) => TellAsync(done => new StateMessage.EndpointConfigured(endpoint, done));

    /// <summary>The one answer to whether policy is only reported at an endpoint.</summary>
    private bool IsAudited(Endpoint endpoint) => endpoint.Audit ?? _options.PolicyAuditMode;

    /// <summary>
    /// A record with audit mode as it should be. The revision tells the two modes apart, so that a verdict recorded in one is never taken for one of
    /// the other: connections that only audit mode let through are judged again, and refused, with their next packet.
    /// </summary>
    private EndpointEntry Audited(Endpoint endpoint, EndpointEntry entry)
    {
        var revision = entry.PolicyRevision & ~EndpointEntry.AuditRevision;
        return IsAudited(endpoint)
            ? entry with { Flags = entry.Flags | EndpointFlags.Audit, PolicyRevision = revision | EndpointEntry.AuditRevision }
            : entry with { Flags = entry.Flags & ~EndpointFlags.Audit, PolicyRevision = revision };
    }

    /// <summary>While no policies are known the records of an earlier run stay as they are, but for audit mode.</summary>
    private void ApplyAudit()
    {
        foreach (var (id, status) in _endpoints)
        {
            var entry = Audited(status.Endpoint, status.Entry);
            if (entry != status.Entry)
            {
                _endpoints = _endpoints.SetItem(id, status with { Entry = entry, IsWritten = false });
                _maps.Endpoints.Set(status.Endpoint.Ifindex, entry);
            }
        }
    }

    private void Configure(Endpoint endpoint)
    {
        if (_endpoints.TryGetValue(endpoint.Id, out var status))
        {
            _endpoints = _endpoints.SetItem(endpoint.Id, status with { Endpoint = endpoint });
            _policyDirty = true;
        }
    }
}
