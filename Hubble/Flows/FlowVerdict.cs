namespace Axoneme.Hubble;

/// <summary>What happened to a packet. Names and numbers are those of <c>Verdict</c> in Hubble's flow.proto.</summary>
public enum FlowVerdict
{
    Unknown = 0,
    Forwarded = 1,
    Dropped = 2,

    /// <summary>Forwarded only because the pod is in audit mode.</summary>
    Audit = 4,
}
