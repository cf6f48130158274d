using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Axoneme.Datapath.Layout;
using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;
using Axoneme.Policy;
using Axoneme.Policy.Tests.Oracle;
using Axoneme.PolicyOracle;
using Axoneme.PolicyOracle.Generation;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>
/// A generated world with its policies on one node: who is where, what the oracle says, and who has which identity. The policy engine resolves what
/// goes into the kernel; the oracle, which shares no code with it, says what may come out.
/// </summary>
internal sealed class FuzzWorld
{
    /// <summary>A protocol that no policy can name.</summary>
    private const L4Protocol Unnamed = (L4Protocol)99;
    private const uint FirstOutside = 0x01000000;
    private const uint FirstPrefix = 0x01001000;
    private const uint FirstNode = 0x02000000;
    private readonly Random _random;
    private readonly Dictionary<string, uint> _numbers = [];
    private readonly JudgedWorld _judged;
    private readonly List<JsonElement> _documents;
    private readonly Dictionary<(string, Direction, string, Traffic), bool> _answers = [];
    private readonly Dictionary<IPAddress, Place> _strangers = [];
    private Oracle _oracle;
    private uint _nextNumber = 1000;

    public FuzzWorld(FuzzNode node, PolicyCase made, Random random)
    {
        (_random, Settings) = (random, node.Settings);
        var world = JudgedWorld.DualStack(made.World);
        if (world.Nodes.Count == 1)
        {
            world = world with { Nodes = [.. world.Nodes, new PolicyOracle.Node("node0", ["reserved:remote-node", $"k8s:{PolicyOracle.Label.Cluster}={world.ClusterName}"], [IPAddress.Parse("192.0.2.10")])] };
        }

        Places = [.. Put(world, node)];
        foreach (var place in Places)
        {
            _numbers[place.Party.Name] = FirstNumber(place);
        }

        _documents = [.. made.Documents];
        _judged = new JudgedWorld(world, _documents, _numbers);
        _oracle = new Oracle(_judged.World, _documents);
        foreach (var place in Here)
        {
            _judged.Engine.Track(_judged.SubjectOf(place.Party));
        }
    }

    public FuzzSettings Settings { get; }

    /// <summary>Everybody.</summary>
    public IReadOnlyList<Place> Places { get; private set; }

    /// <summary>Those judged here.</summary>
    public IEnumerable<Place> Here => Places.Where(place => place.IsHere);

    public Place Host => Places.Single(place => place.Kind == PlaceKind.Host);

    public PolicyEngine Engine => _judged.Engine;

    /// <summary>Destinations outside that pods are seen by under their own address.</summary>
    public IReadOnlyList<IPNetwork> Unmasqueraded { get; init; } = [];

    /// <summary>Remote nodes by index, from 1.</summary>
    public IEnumerable<Place> RemoteNodes => Places.Where(place => place.Kind == PlaceKind.RemoteNode);

    public static IPAddress Underlay(uint index) => IPAddress.Parse($"192.0.2.{9 + index}");

    public uint IdentityOf(Place place) => _numbers[place.Party.Name];

    public PolicySet SetOf(Place place) => Engine.SetOf(_judged.SubjectOf(place.Party)) ?? throw new InvalidOperationException($"{place.Party.Name} is not tracked");

    /// <summary>Prefixes that policies name, with the identities they have here.</summary>
    public IEnumerable<(IPNetwork Prefix, uint Identity)> Prefixes()
    {
        foreach (var prefix in Engine.CidrPrefixes.Where(prefix => prefix.PrefixLength > 0).ToList())
        {
            if (!_numbers.TryGetValue($"prefix {prefix}", out var number))
            {
                _numbers[$"prefix {prefix}"] = number = FirstPrefix + (uint)_numbers.Count;
            }

            Engine.UpsertIdentity(number, Engine.CidrLabels(prefix));
            yield return (prefix, number);
        }
    }

    /// <summary>Who has an address; an address nobody has is an outside one.</summary>
    public Place PlaceOf(IPAddress address)
    {
        if (Places.FirstOrDefault(place => place.Has(address)) is { } known)
        {
            return known;
        }

        if (!_strangers.TryGetValue(address, out var stranger))
        {
            var four = address.AddressFamily == AddressFamily.InterNetwork;
            var party = new OutsideAddress($"stranger-{address}", [four ? "reserved:world-ipv4" : "reserved:world-ipv6"], address, []);
            _strangers[address] = stranger = new Place(party, PlaceKind.Outside) { IPv4 = four ? address : null, IPv6 = four ? null : address };
        }

        return stranger;
    }

    /// <summary>Whom a tunnel means by an identity; null when nobody has it. Numbers without labels of their own say nothing.</summary>
    public Place? PlaceOf(uint identity) => Places.FirstOrDefault(place => place.Kind is not PlaceKind.Outside && _numbers[place.Party.Name] == identity);

    /// <summary>What a receiver makes of a packet's first of a connection, in the policies' words.</summary>
    public static Traffic TrafficOf(ReadPacket packet) => TrafficOf(packet.Family, packet.Protocol, packet.IsIcmp ? packet.IcmpType : packet.DestinationPort);

    public static Traffic TrafficOf(int family, byte protocol, int number) => protocol switch
    {
        IpNumbers.Tcp => Traffic.Tcp(number),
        IpNumbers.Udp => Traffic.Udp(number),
        IpNumbers.Sctp => Traffic.Sctp(number),
        IpNumbers.Icmp when family == 4 => Traffic.Icmpv4(number),
        IpNumbers.Icmpv6 when family == 6 => Traffic.Icmpv6(number),
        IpNumbers.Vrrp => Traffic.Vrrp,
        IpNumbers.Igmp => Traffic.Igmp,
        _ => new Traffic(Unnamed, 0),
    };

    /// <summary>Whether both ends' policies let the sender begin this with the receiver, as far as they are enforced here.</summary>
    public bool Allows(Place sender, Place receiver, Traffic traffic) =>
        MayPass(sender, Direction.Egress, receiver, traffic) && MayPass(receiver, Direction.Ingress, sender, traffic);

    /// <summary>
    /// What the oracle says. What would go to a proxy or needs authentication does not pass: the node has neither; its own node need not authenticate.
    /// </summary>
    public bool MayPass(Place subject, Direction direction, Place peer, Traffic traffic)
    {
        if (!subject.IsHere || subject.IsAudited || subject.Kind == PlaceKind.Host && !Settings.HostFirewall)
        {
            return true;
        }

        var question = (subject.Party.Name, direction, peer.Party.Name, traffic);
        if (!_answers.TryGetValue(question, out var passes))
        {
            var verdict = _oracle.Judge(subject.Party, direction, peer.Party, traffic);
            var isExempt = direction == Direction.Ingress && peer.Kind == PlaceKind.Host && subject.Kind == PlaceKind.LocalPod;
            _answers[question] = passes = verdict.Kind == VerdictKind.Allowed && (isExempt || !verdict.MutualAuthentication);
        }

        return passes;
    }

    /// <summary>Puts a policy in or takes one out of force.</summary>
    public string ChangePolicies(int seed)
    {
        var takes = _documents.Count > 0 && _random.Next(2) == 0;
        if (takes)
        {
            var at = _random.Next(_documents.Count);
            var gone = _documents[at];
            _documents.RemoveAt(at);
            _judged.Take(gone);
            Renew();
            return $"policy taken away: {gone.GetProperty("metadata").GetRawText()}";
        }

        var policy = Gen.Sample(PolicyCases.Policy($"later{seed}"), 1, new Rnd((ulong)seed), 50).Single();
        _documents.Add(policy);
        _judged.Put(policy);
        Renew();
        return $"policy put in force: {policy.GetRawText()}";
    }

    /// <summary>Gives a pod the labels of another one, and so another identity.</summary>
    public string ChangeLabels(Place place, int seed)
    {
        var like = Gen.Sample(PolicyCases.Pod("like", 99), 1, new Rnd((ulong)seed), 50).Single();
        var old = (Endpoint)place.Party;
        // It stays in its cluster: pods of others are never on this node.
        string[] labels = [.. like.Labels.Where(label => !label.Contains(PolicyOracle.Label.Cluster)), .. old.Labels.Where(label => label.Contains(PolicyOracle.Label.Cluster))];
        if (place.Kind == PlaceKind.LocalPod)
        {
            Engine.Untrack(_judged.SubjectOf(old));
        }

        var changed = old with { Labels = labels, Namespace = like.Namespace, Ports = like.Ports };
        Engine.RemoveIdentity(_numbers[old.Name]);
        _numbers[old.Name] = place.Party.LabelValue("k8s", PolicyOracle.Label.Cluster) == _judged.World.ClusterName ? _nextNumber++ : 0x10000 + _nextNumber++;
        _judged.Change(old.Name, changed);
        if (place.Kind == PlaceKind.LocalPod)
        {
            Engine.Track(_judged.SubjectOf(changed));
        }

        Places = [.. Places.Select(one => one.Party.Name == old.Name ? one with { Party = changed } : one)];
        Renew();
        return $"{old.Name} is now {string.Join(' ', labels)} ({_numbers[old.Name]})";
    }

    public string ToYaml() =>
        string.Concat(Places.Select(place => $"# {place.Party.Name} {place.Kind} {place.IPv4} {place.IPv6} identity {_numbers[place.Party.Name]}{(place.Ifindex != 0 ? $" ifindex {place.Ifindex}" : "")}{(place.Tunnel != 0 ? $" behind {place.Tunnel}" : "")}{(place.IsAudited ? " audited" : "")}\n"))
        + new PolicyCase(_judged.World, _documents, []).ToYaml();

    private void Renew()
    {
        _oracle = new Oracle(_judged.World, _documents);
        _answers.Clear();
    }

    private uint FirstNumber(Place place) => place.Kind switch
    {
        PlaceKind.Host => ReservedIdentity.Host,
        PlaceKind.RemoteNode => FirstNode + (uint)_numbers.Count,
        PlaceKind.Outside => FirstOutside + (uint)_numbers.Count,
        _ when place.Party.IsReserved("unmanaged") => ReservedIdentity.Unmanaged,
        _ when place.Party.IsReserved("health") => ReservedIdentity.Health,
        _ when place.Party.IsReserved("init") => ReservedIdentity.Init,
        _ when place.Party.IsReserved("ingress") => ReservedIdentity.Ingress,
        _ when place.Party.LabelValue("k8s", PolicyOracle.Label.Cluster) != "default" => 0x10000 + _nextNumber++,
        _ => _nextNumber++,
    };

    private IEnumerable<Place> Put(World world, FuzzNode node)
    {
        var local = 0;
        var remoteNodes = (uint)world.Nodes.Count(one => !one.IsLocal);
        foreach (var (endpoint, number) in world.Endpoints.Select((endpoint, i) => (endpoint, i)))
        {
            var place = new Place(endpoint, PlaceKind.RemotePod) { IPv4 = endpoint.Addresses[0], IPv6 = IPAddress.Parse($"fd00::{number + 10:x}") };
            var isOurs = endpoint.IsReserved("init") || endpoint.LabelValue("k8s", PolicyOracle.Label.Cluster) == world.ClusterName;
            if (isOurs && local < node.Pods.Count && (local < 2 || _random.Next(3) > 0))
            {
                yield return place with
                {
                    Kind = PlaceKind.LocalPod,
                    Ifindex = node.Pods[local],
                    Mac = MacAddress.Parse($"02:00:00:00:02:{local:x2}"),
                    GatewayMac = MacAddress.Parse($"02:00:00:00:01:{local:x2}"),
                    EndpointId = (ushort)(100 + local),
                    IsAudited = _random.Next(40) == 0,
                };
                local++;
            }
            else
            {
                yield return place with { Tunnel = node.Settings.Tunnel ? 1 + (uint)_random.Next((int)remoteNodes) : 0 };
            }
        }

        var index = 0u;
        foreach (var one in world.Nodes)
        {
            index += one.IsLocal ? 0u : 1u;
            yield return one.IsLocal
                ? new Place(one, PlaceKind.Host) { IPv4 = FuzzNode.NodeIPv4, IPv6 = FuzzNode.NodeIPv6, EndpointId = 1 }
                : new Place(one, PlaceKind.RemoteNode) { IPv4 = Underlay(index), IPv6 = IPAddress.Parse($"fd00:1::{index}"), Tunnel = node.Settings.Tunnel ? index : 0 };
        }

        foreach (var outside in world.Outside)
        {
            var four = outside.Address.AddressFamily == AddressFamily.InterNetwork;
            yield return new Place(outside, PlaceKind.Outside) { IPv4 = four ? outside.Address : null, IPv6 = four ? null : outside.Address };
        }
    }
}
