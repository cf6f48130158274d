namespace Axoneme.Server.Live;

/// <summary>
/// One kind of dropped packet: same ends, protocol and destination port (tcp/80), reason in Hubble's words, and cause: the rule, or the
/// missing rule; empty where policy had no say.
/// </summary>
internal sealed record Drop(string Source, string Destination, string Port, string Reason, string Cause)
{
    /// <summary>Why, in as few words as say it.</summary>
    public string Words => Cause.Length > 0 ? Cause : Reason;
}
