using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>Small worlds.</summary>
internal static class Worlds
{
    /// <summary>A few pods, maybe some reserved endpoints, a local node and maybe remote ones, a few addresses outside.</summary>
    public static readonly Gen<World> Any =
        from count in Gen.Choose(2, 4)
        from pods in Gen.CollectToArray(Enumerable.Range(0, count), i => Pod($"p{i}", i + 10, alwaysLocal: i == 0))
        from reserved in Gen.SubListOf("init", "health", "ingress", "unmanaged")
        from fewer in Gen.Choose(0, 2)
        from nodes in Nodes
        from dualStack in Make.Chance(50)
        from outside in Outside(dualStack)
        select new World(
            Alphabet.Cluster,
            [.. pods, .. reserved.Take(fewer).Select((name, i) => new Endpoint(name, "", [$"reserved:{name}"], [], [Address(i + 100)]))],
            nodes,
            outside);

    /// <summary>A pod. Its address lies in prefixes documents name: they must not select it.</summary>
    public static Gen<Endpoint> Pod(string name, int number, bool alwaysLocal) =>
        from ns in Gen.Elements(Alphabet.Namespaces)
        from app in Gen.Elements(Alphabet.Apps)
        from role in Gen.Elements(Alphabet.Roles).Sometimes(60)
        from account in Gen.Elements(Alphabet.ServiceAccounts)
        from elsewhere in Make.Chance(15)
        from named in Gen.SubListOf(Alphabet.NamedPorts)
        from ports in Gen.CollectToArray(named, p => Gen.Elements(p.Numbers).Select(n => new ContainerPort(p.Name, p.Protocol, n)))
        let team = Alphabet.Teams[Array.IndexOf(Alphabet.Namespaces, ns)]
        select new Endpoint(
            name,
            ns,
            [
                $"k8s:app={app}",
                .. role is null ? Array.Empty<string>() : [$"k8s:role={role}"],
                $"k8s:{Label.Namespace}={ns}",
                $"k8s:{Label.NamespaceLabels}team={team}",
                $"k8s:{Label.NamespaceLabels}kubernetes.io/metadata.name={ns}",
                $"k8s:{Label.Cluster}={(elsewhere && !alwaysLocal ? Alphabet.OtherCluster : Alphabet.Cluster)}",
                $"k8s:{Label.ServiceAccount}={account}",
            ],
            ports,
            [Address(number)]);

    /// <summary>An address outside the cluster.</summary>
    public static Gen<OutsideAddress> OutsideAddress(IPAddress address, bool dualStack) =>
        from names in Gen.SubListOf(Alphabet.DomainNames)
        from apiServer in Make.Chance(15)
        let six = address.AddressFamily == AddressFamily.InterNetworkV6
        select new OutsideAddress(
            $"outside-{address}",
            [
                !dualStack ? "reserved:world" : six ? "reserved:world-ipv6" : "reserved:world-ipv4",
                .. apiServer ? ["reserved:kube-apiserver"] : Array.Empty<string>(),
            ],
            address,
            [.. names.Take(2)]);

    private static Gen<OutsideAddress[]> Outside(bool dualStack) =>
        from all in Gen.Shuffle(Alphabet.OutsideAddresses.Where(a => dualStack || a.AddressFamily == AddressFamily.InterNetwork))
        from count in Gen.Choose(1, 3)
        from outside in Gen.CollectToArray(all.Take(count), a => OutsideAddress(a, dualStack))
        select outside;

    private static Gen<Node[]> Nodes =>
        from local in NodeLabels
        from count in Gen.Choose(0, 2)
        from remote in Gen.CollectToArray(Enumerable.Range(0, count), RemoteNode)
        select new[] { new Node("node", ["reserved:host", .. local, ClusterLabel(Alphabet.Cluster)], [Address(200)]) }.Concat(remote).ToArray();

    private static Gen<Node> RemoteNode(int number) =>
        from labels in NodeLabels
        from apiServer in Make.Chance(30)
        from elsewhere in Make.Chance(20)
        select new Node(
            $"node{number}",
            [
                "reserved:remote-node",
                .. apiServer ? ["reserved:kube-apiserver"] : Array.Empty<string>(),
                .. labels,
                ClusterLabel(elsewhere ? Alphabet.OtherCluster : Alphabet.Cluster),
            ],
            [IPAddress.Parse($"192.0.2.{number + 10}")]);

    private static Gen<string[]> NodeLabels =>
        from role in Gen.Elements(Alphabet.Roles).Sometimes(70)
        from zone in Gen.Elements(Alphabet.Zones).Sometimes(50)
        select new[] { role is null ? null : $"node:role={role}", zone is null ? null : $"node:zone={zone}" }.OfType<string>().ToArray();

    private static string ClusterLabel(string cluster) => $"k8s:{Label.Cluster}={cluster}";

    private static IPAddress Address(int number) => IPAddress.Parse($"10.0.0.{number}");
}
