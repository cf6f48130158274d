using Axoneme.Datapath.Layout;

namespace Axoneme.DatapathFuzz.Tests.Node;

/// <summary>What a program did with a packet and what it said of it.</summary>
internal sealed record Outcome(int Verdict, byte[] Frame, uint Mark, DatapathEvent[] Events)
{
    public const int Pass = 0;
    public const int Shot = 2;
    public const int Redirect = 7;

    public bool IsForwarded => Verdict is Pass or Redirect;

    public IEnumerable<DatapathEvent> Drops => Events.Where(told => told.Type == EventType.Drop);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Verdict switch { Pass => "OK", Shot => "SHOT", Redirect => "REDIRECT", _ => $"{Verdict}" }}{(Mark != 0 ? $" mark 0x{Mark:x}" : "")}" +
        $"{string.Concat(Events.Select(told => $"\n      event {told.Type} reason {told.Reason} {told.Direction} {told.SourceIdentity}→{told.DestinationIdentity} proto {told.Protocol} rules {told.EgressRule}/{told.IngressRule} reply {told.IsReply}"))}" +
        $"\n      out {Convert.ToHexStringLower(Frame)}";
}
