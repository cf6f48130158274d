namespace Axoneme.NodeActors;

/// <summary>The agent cannot start or do what was asked; the message names the option or object and what to do.</summary>
public sealed class NodeAgentException(string message, Exception? inner = null) : Exception(message, inner);
