namespace Axoneme.ControlPlane.Engine;

/// <summary>A command in a mailbox and who waits for its answer.</summary>
internal abstract class PendingCommand(ICommand command)
{
    public ICommand Command { get; } = command;

    /// <summary>Sent by an entity: kept and tried again when the journal refuses, for nobody else would repeat it.</summary>
    public virtual bool IsEffect => false;

    public abstract void Complete(object reply);

    public abstract void Fail(Exception failure);
}
