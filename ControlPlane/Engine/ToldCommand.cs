namespace Axoneme.ControlPlane.Engine;

internal sealed class ToldCommand(ICommand command, bool isEffect, Action<Exception> failed) : PendingCommand(command)
{
    public override bool IsEffect => isEffect;

    public override void Complete(object reply)
    {
    }

    public override void Fail(Exception failure) => failed(failure);
}
