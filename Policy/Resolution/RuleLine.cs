using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Part of a rule: traffic, and what is inspected in it.</summary>
/// <param name="Owner">The rule.</param>
/// <param name="Matches">Null: all traffic.</param>
/// <param name="Inspection">Null: nothing.</param>
internal sealed record RuleLine(CompiledRule Owner, ImmutableArray<TrafficMatch>? Matches, Inspection? Inspection)
{
    /// <summary>The traffic classes it is about, given the ports of the pod that traffic goes to.</summary>
    public IEnumerable<(uint Low, uint High)> Classes(ImmutableArray<NamedPort> namedPorts)
    {
        if (Matches is not { } matches)
        {
            yield return (0, TrafficMatch.LastClass);
            yield break;
        }

        foreach (var match in matches)
        {
            if (match.Name is null)
            {
                yield return (match.LowClass, match.HighClass);
                continue;
            }

            foreach (var port in namedPorts)
            {
                if (port.Name == match.Name && port.Protocol == match.Protocol)
                {
                    var trafficClass = TrafficMatch.ClassOf(port.Protocol, port.Port);
                    yield return (trafficClass, trafficClass);
                }
            }
        }
    }
}
