namespace Axoneme.EndToEnd.Services;

/// <summary>What agents are started with.</summary>
/// <param name="Routing"><c>native</c> or <c>tunnel</c>.</param>
/// <param name="Family">Addresses of nodes and pods.</param>
/// <param name="Mode"><c>--bpf-lb-mode</c>.</param>
/// <param name="Algorithm"><c>--bpf-lb-algorithm</c>.</param>
internal sealed record ServiceSettings(string Routing, AddressFamilies Family, string Mode, string Algorithm)
{
    /// <summary>Whatever two of them have in common is in one of these: a cluster for each routing and family, with agents that come back in other modes.</summary>
    public static IReadOnlyList<ServiceSettings> Pairs { get; } =
    [
        new("native", AddressFamilies.IPv4, "snat", "random"),
        new("native", AddressFamilies.IPv4, "dsr", "maglev"),
        new("native", AddressFamilies.IPv6, "hybrid", "random"),
        new("native", AddressFamilies.Dual, "dsr", "maglev"),
        new("tunnel", AddressFamilies.IPv4, "hybrid", "maglev"),
        new("tunnel", AddressFamilies.IPv6, "snat", "maglev"),
        new("tunnel", AddressFamilies.IPv6, "dsr", "random"),
        new("tunnel", AddressFamilies.Dual, "snat", "random"),
        new("tunnel", AddressFamilies.Dual, "hybrid", "random"),
    ];

    /// <summary>Everything with everything.</summary>
    public static IReadOnlyList<ServiceSettings> Product { get; } =
    [
        .. from routing in new[] { "native", "tunnel" }
           from family in new[] { AddressFamilies.IPv4, AddressFamilies.IPv6, AddressFamilies.Dual }
           from mode in new[] { "snat", "dsr", "hybrid" }
           from algorithm in new[] { "random", "maglev" }
           select new ServiceSettings(routing, family, mode, algorithm),
    ];

    public string[] Arguments => ["--bpf-lb-mode", Mode, "--bpf-lb-algorithm", Algorithm];

    public string[] Values => [Routing, $"{Family}", Mode, Algorithm];

    public override string ToString() => string.Join(' ', Values);
}
