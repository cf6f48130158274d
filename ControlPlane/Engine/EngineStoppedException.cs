namespace Axoneme.ControlPlane.Engine;

/// <summary>The engine is stopping and takes no more commands. Whether a command that was waiting has been stored is not known.</summary>
public sealed class EngineStoppedException(string message, Exception? inner = null) : Exception(message, inner);
