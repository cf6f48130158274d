namespace Axoneme.Wire.Agent;

/// <summary>An HTTP answer: status code and the whole body.</summary>
public readonly record struct AgentResponse(int Status, byte[] Body);
