namespace Axoneme.PolicyOracle;

/// <summary>Why a flow got its verdict.</summary>
public enum VerdictReason
{
    /// <summary>A deny rule matches.</summary>
    DenyRule,

    /// <summary>Nothing matches, and a policy put the subject into default deny.</summary>
    DefaultDeny,

    /// <summary>An allowing rule matches and no deny rule does.</summary>
    AllowRule,

    /// <summary>Nothing matches, and nothing put the subject into default deny.</summary>
    DefaultAllow,

    /// <summary>Nothing matches, but the local host may always reach the endpoints it serves.</summary>
    LocalHost,
}
