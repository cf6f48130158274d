namespace Axoneme.ControlPlane.Engine;

/// <summary>No entity kind has this name; the message lists those that exist.</summary>
public sealed class UnknownEntityKindException(string message, Exception? inner = null) : Exception(message, inner);
