using System.Collections.Immutable;
using System.Net;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.Services;

namespace Axoneme.NodeActors.State;

/// <summary>What the service actor is told, and up to where it has written it: a revision is in the kernel when its services are, too.</summary>
internal sealed partial class StateActor
{
    private readonly Queue<(long Ticket, ulong Epoch, ulong Before)> _servicesAwaited = [];
    private ServiceMessage.Changed? _forServices;
    private long _serviceTickets;
    private (ulong Epoch, ulong Revision) _beforeServices;
    private bool _servicesToldComplete;

    /// <summary>Before <see cref="Restore"/>.</summary>
    public ServiceActor? Services { private get; set; }

    /// <summary>The newest revision that everybody has written; null when that is of another history.</summary>
    private (ulong Epoch, ulong Revision)? Applicable => _servicesAwaited.TryPeek(out var awaited)
        ? awaited.Epoch == _state.Epoch && awaited.Before > _applied ? (awaited.Epoch, awaited.Before) : null
        : (_state.Epoch, _state.Revision);

    /// <summary>Before the state becomes the next one.</summary>
    private void ForServices(IReadOnlyList<RecordChange> changes)
    {
        ImmutableArray<RecordChange> relevant = [.. changes.Where(change => ServiceModel.Concerns(_node, change))];
        if (!relevant.IsEmpty)
        {
            ForServices(waiting => waiting with { Records = waiting.Records.AddRange(relevant) });
        }
    }

    private void TellServicesOf(Endpoint endpoint)
    {
        if (endpoint.IsHost || endpoint.IsHealth || endpoint.Pod.Length == 0)
        {
            return;
        }

        var pod = $"{endpoint.Namespace}/{endpoint.Pod}";
        ImmutableArray<IPAddress> addresses =
        [
            .. _endpoints.Values.Where(status => status.Endpoint.Namespace == endpoint.Namespace && status.Endpoint.Pod == endpoint.Pod)
                .OrderByDescending(status => status.Endpoint.Id == endpoint.Id).Take(1).SelectMany(status => status.Endpoint.Interface.Addresses),
        ];
        ForServices(waiting => waiting with { Pods = waiting.Pods.Add((pod, addresses)) });
    }

    private void ForServices(Func<ServiceMessage.Changed, ServiceMessage.Changed> add)
    {
        if (_forServices is null)
        {
            _forServices = new ServiceMessage.Changed { Ticket = ++_serviceTickets, IsComplete = false };
            _beforeServices = (_state.Epoch, _state.Revision);
        }

        _forServices = add(_forServices);
    }

    private void TellServices()
    {
        if (TakeForServices() is { } changed)
        {
            Services?.Post(changed);
        }
    }

    private void RestoreServices()
    {
        ForServices(waiting => waiting);
        Services?.Restore(TakeForServices()!);
    }

    private ServiceMessage.Changed? TakeForServices()
    {
        if (_state.IsComplete && !_servicesToldComplete)
        {
            _servicesToldComplete = true;
            ForServices(waiting => waiting);
        }

        if (Services is null || _forServices is not { } changed)
        {
            return null;
        }

        _forServices = null;
        _servicesAwaited.Enqueue((changed.Ticket, _beforeServices.Epoch, _beforeServices.Revision));
        return changed with { IsComplete = _state.IsComplete };
    }

    private void NoteServices(long ticket)
    {
        while (_servicesAwaited.TryPeek(out var awaited) && awaited.Ticket <= ticket)
        {
            _servicesAwaited.Dequeue();
        }
    }
}
