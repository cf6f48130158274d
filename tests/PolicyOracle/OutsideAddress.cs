using System.Net;

namespace Axoneme.PolicyOracle;

/// <summary>An address outside the cluster.</summary>
/// <param name="Name">Unique within a world.</param>
/// <param name="Labels">
/// <c>reserved:world</c>, or <c>reserved:world-ipv4</c>/<c>reserved:world-ipv6</c> in a dual-stack cluster; the kube-apiserver's
/// carries <c>reserved:kube-apiserver</c> besides.
/// </param>
/// <param name="Address">The address.</param>
/// <param name="DnsNames">The names it was learned under, without a trailing dot.</param>
public sealed record OutsideAddress(
    string Name,
    IReadOnlyList<string> Labels,
    IPAddress Address,
    IReadOnlyList<string> DnsNames) : Party(Name, Labels);
