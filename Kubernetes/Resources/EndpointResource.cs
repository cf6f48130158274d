using System.Collections.Immutable;

namespace Axoneme.Kubernetes;

/// <summary>One backend of an EndpointSlice.</summary>
/// <param name="Addresses">Of one backend: any of them will do.</param>
/// <param name="NodeName">Empty when unknown.</param>
/// <param name="Zone">Empty when unknown.</param>
/// <param name="Pod">namespace/name, empty when it is none.</param>
/// <param name="Ready">Wants new connections; so does one that says nothing.</param>
/// <param name="Serving">Answers, also while it ends; as ready when nothing is said.</param>
/// <param name="Terminating">Is ending.</param>
public sealed record EndpointResource(
    ImmutableArray<string> Addresses, string NodeName, string Zone, string Pod, bool Ready, bool Serving, bool Terminating)
{
    /// <summary>Zones whose clients are to go there; empty when nothing is said.</summary>
    public ImmutableArray<string> ZoneHints { get; init; } = [];

    /// <summary>The same of nodes.</summary>
    public ImmutableArray<string> NodeHints { get; init; } = [];
}
