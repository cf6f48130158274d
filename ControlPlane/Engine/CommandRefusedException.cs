namespace Axoneme.ControlPlane.Engine;

/// <summary>The entity refused the command; the message says why and what to change. Nothing was stored.</summary>
public sealed class CommandRefusedException(string message, Exception? inner = null) : Exception(message, inner);
