using Axoneme.PolicyOracle;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>A connection that was allowed to begin.</summary>
internal sealed class Connection(Tuple original, Traffic traffic)
{
    /// <summary>As the initiator's packets have it.</summary>
    public Tuple Original { get; } = original;

    /// <summary>What was judged when it began.</summary>
    public Traffic Traffic { get; } = traffic;

    /// <summary>First seen in its middle: who began it is a guess.</summary>
    public bool IsFromMiddle { get; init; }

    /// <summary>Whom the tunnel said the remote end is; null when only its address says it.</summary>
    public Place? ToldRemote { get; set; }

    /// <summary>The remote end sent by a tunnel: what goes to it goes back the way that came.</summary>
    public bool CameByTunnel { get; set; }

    /// <summary>A reset, or the end of both directions, was seen: another may begin under the same tuple.</summary>
    public bool IsClosing => HasReset || HasEnded == (true, true);

    public bool HasReset { get; set; }

    public (bool ByInitiator, bool ByResponder) HasEnded { get; set; }

    /// <summary>By what its last verdict was made: of both ends.</summary>
    public object? Judges { get; set; }
}
