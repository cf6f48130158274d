namespace Axoneme.EndToEnd.Services;

/// <summary>What agents are started with.</summary>
/// <param name="Routing"><c>native</c> or <c>tunnel</c>.</param>
/// <param name="Family">Addresses of nodes and pods.</param>
/// <param name="Mode"><c>--bpf-lb-mode</c>.</param>
/// <param name="Algorithm"><c>--bpf-lb-algorithm</c>.</param>
/// <param name="Acceleration"><c>--bpf-lb-acceleration</c>.</param>
internal sealed record ServiceSettings(string Routing, AddressFamilies Family, string Mode, string Algorithm, string Acceleration)
{
    /// <summary>Whatever two of them have in common is in one of these: a cluster for each routing and family, with agents that come back in other modes.</summary>
    public static IReadOnlyList<ServiceSettings> Pairs { get; } =
    [
        new("native", AddressFamilies.IPv4, "snat", "random", "native"),
        new("native", AddressFamilies.IPv4, "dsr", "maglev", "disabled"),
        new("native", AddressFamilies.IPv6, "hybrid", "random", "native"),
        new("native", AddressFamilies.Dual, "dsr", "maglev", "native"),
        new("tunnel", AddressFamilies.IPv4, "hybrid", "maglev", "disabled"),
        new("tunnel", AddressFamilies.IPv6, "snat", "maglev", "disabled"),
        new("tunnel", AddressFamilies.IPv6, "dsr", "random", "disabled"),
        new("tunnel", AddressFamilies.Dual, "snat", "random", "disabled"),
        new("tunnel", AddressFamilies.Dual, "hybrid", "random", "native"),
    ];

    /// <summary>Everything with everything.</summary>
    public static IReadOnlyList<ServiceSettings> Product { get; } =
    [
        .. from routing in new[] { "native", "tunnel" }
           from family in new[] { AddressFamilies.IPv4, AddressFamilies.IPv6, AddressFamilies.Dual }
           from mode in new[] { "snat", "dsr", "hybrid" }
           from algorithm in new[] { "random", "maglev" }
           from acceleration in new[] { "disabled", "native" }
           select new ServiceSettings(routing, family, mode, algorithm, acceleration),
    ];

    public string[] Arguments => ["--bpf-lb-mode", Mode, "--bpf-lb-algorithm", Algorithm, "--bpf-lb-acceleration", Acceleration];

    public string[] Values => [Routing, $"{Family}", Mode, Algorithm, $"acceleration {Acceleration}"];

    public override string ToString() => string.Join(' ', Values);
}
