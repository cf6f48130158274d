namespace Axoneme.Wire.Agent;

/// <summary>There was no conversation with the agent: it does not listen, went away, or did not answer in time.</summary>
public sealed class AgentUnreachableException(string socketPath, string reason, Exception? inner = null, string server = "agent")
    : Exception($"{server} socket {socketPath}: {reason}", inner)
{
    /// <summary>What should have answered: <c>agent</c> or <c>admin</c>.</summary>
    public string Server { get; } = server;

    public string SocketPath { get; } = socketPath;
}
