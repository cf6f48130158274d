namespace Axoneme.ControlPlane.Engine;

internal sealed class AskedCommand<TReply>(ICommand<TReply> command) : PendingCommand(command)
    where TReply : class
{
    private readonly TaskCompletionSource<TReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TReply> Reply => _reply.Task;

    public override void Complete(object reply)
    {
        if (reply is TReply typed)
        {
            _reply.TrySetResult(typed);
        }
        else
        {
            Fail(new EntityFailedException($"{Command.GetType().Name} was answered with {reply.GetType().Name} instead of {typeof(TReply).Name}"));
        }
    }

    public override void Fail(Exception failure) => _reply.TrySetException(failure);
}
