using Axoneme.Datapath;
using Axoneme.NodeActors.Endpoints;

namespace Axoneme.NodeActors.State;

/// <summary>What those who wait are told once the kernel has it, or has refused it.</summary>
internal sealed partial class StateActor
{
    private void Answer(StateMessage message)
    {
        switch (message)
        {
            case StateMessage.EndpointAdded added:
                AnswerWritten(added.Endpoint, added.Done);
                break;
            case StateMessage.EndpointConfigured configured:
                AnswerWritten(configured.Endpoint, configured.Done);
                break;
            case StateMessage.EndpointRemoved removed when _maps.Endpoints.Status.Problem is { } problem:
                removed.Done.TrySetException(new KernelException($"endpoint {removed.Id}: {problem}"));
                break;
            case StateMessage.EndpointRemoved removed:
                removed.Done.TrySetResult();
                break;
        }
    }

    private void AnswerWritten(Endpoint endpoint, TaskCompletionSource done)
    {
        if (_endpoints.GetValueOrDefault(endpoint.Id) is not { IsWritten: false })
        {
            done.TrySetResult();
        }
        else
        {
            done.TrySetException(new KernelException(
                $"endpoint {endpoint.Name}: {_maps.Status.FirstOrDefault(m => m.Problem is not null)?.Problem ?? "its kernel entries are not written"}"));
        }
    }
}
