namespace Axoneme.ControlPlane.Engine;

/// <summary>Something an entity is asked to do. An immutable value; never stored.</summary>
public interface ICommand;

/// <summary>A command answered with <typeparamref name="TReply"/>; <see cref="Done"/> when there is nothing to say.</summary>
public interface ICommand<TReply> : ICommand
    where TReply : class;
