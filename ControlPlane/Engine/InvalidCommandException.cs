namespace Axoneme.ControlPlane.Engine;

/// <summary>The command is not one that the addressed entity understands.</summary>
public sealed class InvalidCommandException(string message, Exception? inner = null) : Exception(message, inner);
