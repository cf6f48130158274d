namespace Axoneme.Wire.Agent;

/// <summary>The agent answered with a failure.</summary>
public sealed class AgentRefusedException(int status, AgentError error) : Exception(error.Error)
{
    /// <summary>HTTP status code.</summary>
    public int Status { get; } = status;

    /// <summary>What failed and what to do.</summary>
    public AgentError Error { get; } = error;
}
