namespace Axoneme.ControlPlane.Engine;

/// <summary>Deciding the command, or recovering the entity, threw: a defect or a damaged history. Only the sender is affected; nothing was stored.</summary>
public sealed class EntityFailedException(string message, Exception? inner = null) : Exception(message, inner);
