namespace Axoneme.Wire.Admin;

/// <summary>Questions about policies to the control plane's admin API. Failures are <see cref="Agent.AgentError"/> with a 4xx or 5xx status.</summary>
public static class PolicyRoutes
{
    /// <summary>Bytes of a question that are read. Quotes take six bytes in JSON, so it is more than the text of the policies may have.</summary>
    public const int LargestBody = 16 << 20;

    /// <summary>POST a <see cref="PolicyExplainRequest"/>; answers a <see cref="PolicyExplanationView"/>.</summary>
    public const string Explain = "/v1/policy/explain";

    /// <summary>POST a <see cref="PolicyDiffRequest"/>; answers a <see cref="PolicyDiffView"/>.</summary>
    public const string Diff = "/v1/policy/diff";
}
