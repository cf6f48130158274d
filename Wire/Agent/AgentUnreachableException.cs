namespace Axoneme.Wire.Agent;

/// <summary>There was no conversation with the agent: it does not listen, went away, or did not answer in time.</summary>
public sealed class AgentUnreachableException(string socketPath, string reason, Exception? inner = null)
    : Exception($"agent socket {socketPath}: {reason}", inner)
{
    public string SocketPath { get; } = socketPath;
}
