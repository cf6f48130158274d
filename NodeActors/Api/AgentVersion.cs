namespace Axoneme.NodeActors.Api;

/// <summary>The agent's version.</summary>
internal static class AgentVersion
{
    public const string Text = "0.1.0";
}
