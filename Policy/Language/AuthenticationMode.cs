namespace Axoneme.Policy;

/// <summary>Whether both ends must have proved who they are before traffic passes (a rule's <c>authentication.mode</c>).</summary>
public enum AuthenticationMode : byte
{
    Disabled = 0,
    Required = 1,

    /// <summary>Cilium's <c>test-always-fail</c>: demanded and never granted.</summary>
    AlwaysFails = 2,
}
