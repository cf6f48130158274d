using System.Net;

namespace Axoneme.PolicyOracle.Tests;

/// <summary>A world everybody in these tests lives in, and the policies of one test.</summary>
internal sealed class Scene(string policies)
{
    private static readonly World Everyone = new(
        "cluster1",
        [
            Pod("backend", "shop", "10.0.0.1", ["role=backend", "env=prod"], [new("http", L4Protocol.Tcp, 8080), new("metrics", L4Protocol.Tcp, 9090)]),
            Pod("frontend", "shop", "10.0.0.2", ["role=frontend", "env=prod"], [new("http", L4Protocol.Tcp, 80)]),
            Pod("batch", "shop", "10.0.0.3", ["role=batch"], []),
            Pod("stranger", "bank", "10.0.0.4", ["role=frontend", "env=dev"], [], account: "teller"),
            Pod("dns", "kube-system", "10.0.0.5", ["k8s-app=kube-dns"], [new("dns", L4Protocol.Udp, 53)]),
            Pod("twin", "shop", "10.9.0.1", ["role=frontend"], [], cluster: "cluster2"),
            new("starting", "", ["reserved:init"], [], []),
            new("health", "", ["reserved:health"], [], []),
            new("gateway", "", ["reserved:ingress"], [], []),
            new("unmanaged", "", ["reserved:unmanaged"], [], [IPAddress.Parse("10.0.0.77")]),
        ],
        [
            new("here", ["reserved:host", "node:type=worker"], [IPAddress.Parse("192.0.2.10")]),
            new("there", ["reserved:remote-node", "node:type=worker"], [IPAddress.Parse("192.0.2.11")]),
            new("master", ["reserved:remote-node", "reserved:kube-apiserver", "node:node-role.kubernetes.io/control-plane="], [IPAddress.Parse("192.0.2.12")]),
            new("abroad", ["reserved:remote-node", "node:type=worker", "k8s:io.cilium.k8s.policy.cluster=cluster2"], []),
        ],
        [
            Outside("office", "192.0.2.1", "reserved:world", []),
            Outside("lab", "10.96.0.1", "reserved:world", []),
            Outside("site", "203.0.113.1", "reserved:world", ["cilium.io", "sub.cilium.io"]),
            Outside("deep", "203.0.113.2", "reserved:world", ["a.sub.cilium.io"]),
            new("managed-api", ["reserved:world", "reserved:kube-apiserver"], IPAddress.Parse("198.51.100.1"), []),
            Outside("six", "2001:db8::1", "reserved:world-ipv6", []),
        ]);

    private readonly Oracle _oracle = new(Everyone, YamlReading.Documents(policies));

    public VerdictKind Into(string subject, string peer, Traffic traffic) => Verdict(subject, Direction.Ingress, peer, traffic).Kind;

    public VerdictKind OutOf(string subject, string peer, Traffic traffic) => Verdict(subject, Direction.Egress, peer, traffic).Kind;

    public Verdict Verdict(string subject, Direction direction, string peer, Traffic traffic) =>
        _oracle.Judge(new Question(subject, direction, peer, traffic));

    public bool Into(string subject, string peer, Traffic traffic, Request request) =>
        _oracle.JudgeRequest(new Question(subject, Direction.Ingress, peer, traffic), request);

    public bool OutOf(string subject, string peer, Traffic traffic, Request request) =>
        _oracle.JudgeRequest(new Question(subject, Direction.Egress, peer, traffic), request);

    /// <summary>The names of all peers that can reach the subject over TCP port 80.</summary>
    public string Reaching(string subject) => Peers(subject, Direction.Ingress);

    /// <summary>The names of all peers the subject can reach over TCP port 80.</summary>
    public string ReachedBy(string subject) => Peers(subject, Direction.Egress);

    private string Peers(string subject, Direction direction) => string.Join(' ', Everyone.Parties
        .Where(p => p.Name != subject && Verdict(subject, direction, p.Name, Traffic.Tcp(80)).Kind != VerdictKind.Denied)
        .Select(p => p.Name));

    private static Endpoint Pod(
        string name, string ns, string address, string[] labels, ContainerPort[] ports, string account = "default", string cluster = "cluster1") => new(
        name,
        ns,
        [
            .. labels.Select(l => "k8s:" + l),
            $"k8s:{Label.Namespace}={ns}",
            $"k8s:{Label.NamespaceLabels}team={(ns == "bank" ? "money" : "goods")}",
            $"k8s:{Label.Cluster}={cluster}",
            $"k8s:{Label.ServiceAccount}={account}",
        ],
        ports,
        [IPAddress.Parse(address)]);

    private static OutsideAddress Outside(string name, string address, string label, string[] names) => new(name, [label], IPAddress.Parse(address), names);
}
