using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Lists of named ports in one form.</summary>
internal static class NamedPortList
{
    public static ImmutableArray<NamedPort> Canonical(IEnumerable<NamedPort> ports) =>
    [
        .. ports.Select(port => port with { Name = port.Name.ToLowerInvariant() })
            .Distinct()
            .OrderBy(port => port.Name, StringComparer.Ordinal).ThenBy(port => port.Protocol).ThenBy(port => port.Port),
    ];
}
