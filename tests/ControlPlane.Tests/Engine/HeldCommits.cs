namespace Axoneme.ControlPlane.Tests.Engine;

/// <summary>Holds a journal's commits open until released.</summary>
internal sealed class HeldCommits
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Entered => _entered.Task;

    public void Release() => _released.TrySetResult();

    public Task WaitAsync()
    {
        _entered.TrySetResult();
        return _released.Task;
    }
}
