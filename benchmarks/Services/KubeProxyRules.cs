using System.Net;
using System.Text;

namespace Axoneme.Benchmarks.Services;

/// <summary>
/// Services as kube-proxy has the kernel serve them: the chains and verdict maps of its modes <c>iptables</c> and <c>nftables</c>, as documented under "Virtual IPs and
/// Service Proxies" and seen in clusters. IPv4 only, without comments, as kube-proxy leaves them out in large clusters.
/// </summary>
/// <param name="services">What is served.</param>
/// <param name="nodeAddresses">Where node ports are.</param>
/// <param name="podRange">Where clients need not be hidden.</param>
internal sealed class KubeProxyRules(IReadOnlyList<ServedPort> services, IReadOnlyList<IPAddress> nodeAddresses, string podRange)
{
    private const string HiddenMark = "0x4000";

    /// <summary>For <c>iptables-restore</c>: one list of all services, searched from its beginning; then one of all node ports.</summary>
    public string Iptables()
    {
        var chains = new StringBuilder("*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-NODEPORTS - [0:0]\n:KUBE-POSTROUTING - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n");
        var rules = new StringBuilder($"""
            -A PREROUTING -j KUBE-SERVICES
            -A OUTPUT -j KUBE-SERVICES
            -A POSTROUTING -j KUBE-POSTROUTING
            -A KUBE-POSTROUTING -m mark ! --mark {HiddenMark}/{HiddenMark} -j RETURN
            -A KUBE-POSTROUTING -j MARK --xor-mark {HiddenMark}
            -A KUBE-POSTROUTING -j MASQUERADE --random-fully
            -A KUBE-MARK-MASQ -j MARK --or-mark {HiddenMark}

            """);
        for (var number = 0; number < services.Count; number++)
        {
            var service = services[number];
            var asked = $"-d {service.ClusterIps[0]}/32 -p tcp -m tcp --dport {service.Port}";
            chains.Append($":KUBE-SVC-{number} - [0:0]\n");
            rules.Append($"-A KUBE-SERVICES {asked} -j KUBE-SVC-{number}\n-A KUBE-SVC-{number} ! -s {podRange} {asked} -j KUBE-MARK-MASQ\n");
            if (service.NodePort != 0)
            {
                chains.Append($":KUBE-EXT-{number} - [0:0]\n");
                rules.Append($"-A KUBE-NODEPORTS -p tcp -m tcp --dport {service.NodePort} -j KUBE-EXT-{number}\n-A KUBE-EXT-{number} -j KUBE-MARK-MASQ\n-A KUBE-EXT-{number} -j KUBE-SVC-{number}\n");
            }

            for (var i = 0; i < service.Backends.Count; i++)
            {
                var (backend, left) = (service.Backends[i], service.Backends.Count - i);
                var chance = left == 1 ? "" : FormattableString.Invariant($"-m statistic --mode random --probability {1.0 / left:0.00000000000} ");
                chains.Append($":KUBE-SEP-{number}-{i} - [0:0]\n");
                rules.Append($"-A KUBE-SVC-{number} {chance}-j KUBE-SEP-{number}-{i}\n-A KUBE-SEP-{number}-{i} -s {backend.Address}/32 -j KUBE-MARK-MASQ\n-A KUBE-SEP-{number}-{i} -p tcp -m tcp -j DNAT --to-destination {backend}\n");
            }
        }

        return $"""
            {chains}{rules}-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
            COMMIT
            *filter
            :KUBE-FORWARD - [0:0]
            :KUBE-SERVICES - [0:0]
            -A FORWARD -j KUBE-FORWARD
            -A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
            -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
            -A KUBE-FORWARD -m mark --mark {HiddenMark}/{HiddenMark} -j ACCEPT
            -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            COMMIT

            """;
    }

    /// <summary>For <c>nft -f</c>: a service is found by hash.</summary>
    public string Nftables()
    {
        var (chains, byAddress, byNodePort) = (new StringBuilder(), new List<string>(), new List<string>());
        for (var number = 0; number < services.Count; number++)
        {
            var service = services[number];
            var asked = $"ip daddr {service.ClusterIps[0]} tcp dport {service.Port}";
            var choice = string.Join(", ", service.Backends.Select((_, i) => $"{i} : goto endpoint-{number}-{i}"));
            byAddress.Add($"{service.ClusterIps[0]} . tcp . {service.Port} : goto service-{number}");
            for (var i = 0; i < service.Backends.Count; i++)
            {
                var backend = service.Backends[i];
                chains.Append($"chain endpoint-{number}-{i} {{ ip saddr {backend.Address} jump mark-for-masquerade; meta l4proto tcp dnat to {backend}; }}\n");
            }

            chains.Append($"chain service-{number} {{ {asked} ip saddr != {podRange} jump mark-for-masquerade; numgen random mod {service.Backends.Count} vmap {{ {choice} }}; }}\n");
            if (service.NodePort != 0)
            {
                byNodePort.Add($"tcp . {service.NodePort} : goto external-{number}");
                chains.Append($"chain external-{number} {{ jump mark-for-masquerade; goto service-{number}; }}\n");
            }
        }

        return $$"""
            table ip kube-proxy {
              set cluster-ips { type ipv4_addr; elements = { {{string.Join(", ", services.Select(service => service.ClusterIps[0]).Distinct())}} }; }
              set nodeport-ips { type ipv4_addr; elements = { {{string.Join(", ", nodeAddresses)}} }; }
              map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { {{string.Join(", ", byAddress)}} }; }
              map service-nodeports { type inet_proto . inet_service : verdict; elements = { {{string.Join(", ", byNodePort)}} }; }
              map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
              chain mark-for-masquerade { mark set mark or {{HiddenMark}}; }
              chain masquerading { mark and {{HiddenMark}} == 0 return; mark set mark xor {{HiddenMark}}; masquerade fully-random; }
            {{chains}}
              chain services {
                ip daddr . meta l4proto . th dport vmap @service-ips
                ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
              }
              chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
              chain cluster-ips-check { ip daddr @cluster-ips drop; }
              chain filter-forward { type filter hook forward priority -110; ct state new jump service-endpoints-check; ct state new jump cluster-ips-check; }
              chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
              chain nat-output { type nat hook output priority -100; jump services; }
              chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
            }
            """;
    }
}
