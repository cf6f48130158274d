using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>
/// Which flows somebody wants to see. Several values of one field: any of them; several fields: all of them. What concerns
/// one side of a flow (pod, namespace, address, port, identity) may hold for either side.
/// </summary>
public sealed record FlowFilter
{
    /// <summary>Every flow.</summary>
    public static FlowFilter All { get; } = new();

    /// <summary>Pods, as <c>namespace/name</c> or, in any namespace, <c>name</c>; a beginning of the name is enough.</summary>
    public IReadOnlyList<string> Pods { get; init; } = [];

    public IReadOnlyList<string> Namespaces { get; init; } = [];

    public IReadOnlyList<IPNetwork> Addresses { get; init; } = [];

    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>IP protocol numbers.</summary>
    public IReadOnlyList<byte> Protocols { get; init; } = [];

    public IReadOnlyList<FlowVerdict> Verdicts { get; init; } = [];

    public IReadOnlyList<uint> Identities { get; init; } = [];

    public IReadOnlyList<EventType> Types { get; init; } = [];

    /// <summary>Whether a flow is wanted.</summary>
    public bool Matches(Flow flow) =>
        (Verdicts.Count == 0 || Verdicts.Contains(flow.Verdict))
        && (Types.Count == 0 || Types.Contains(flow.Type))
        && (Protocols.Count == 0 || Protocols.Contains(flow.Protocol))
        && MatchesEither(flow, Pods, static (side, pod) => side.Pod is { } named && IsPod(named, pod))
        && MatchesEither(flow, Namespaces, static (side, name) => side.Pod?.Namespace == name)
        && MatchesEither(flow, Addresses, static (side, network) => side.Address is { } address && network.Contains(address))
        && MatchesEither(flow, Ports, static (side, port) => side.Port == port)
        && MatchesEither(flow, Identities, static (side, identity) => side.Identity == identity);

    private static bool IsPod(FlowPod pod, string wanted)
    {
        var slash = wanted.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? pod.Name.StartsWith(wanted, StringComparison.Ordinal)
            : pod.Namespace.AsSpan().SequenceEqual(wanted.AsSpan(0, slash)) && pod.Name.AsSpan().StartsWith(wanted.AsSpan(slash + 1));
    }

    private static bool MatchesEither<T>(Flow flow, IReadOnlyList<T> wanted, Func<FlowEndpoint, T, bool> matches)
    {
        foreach (var one in wanted)
        {
            if (matches(flow.Source, one) || matches(flow.Destination, one))
            {
                return true;
            }
        }

        return wanted.Count == 0;
    }
}
