namespace Axoneme.Sandbox;

/// <summary>A pod could not be started, adopted or removed; the message names what failed and why.</summary>
public sealed class SandboxException(string message, Exception? inner = null) : Exception(message, inner);
