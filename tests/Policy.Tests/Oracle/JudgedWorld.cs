using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text.Json;
using Axoneme.PolicyOracle;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>The oracle's world as an engine sees it: every party is an identity of its own.</summary>
internal sealed class JudgedWorld
{
    private readonly Dictionary<string, uint> _numbers;
    private World _world;

    /// <summary>An engine that knows everybody and, in this order, the documents.</summary>
    /// <param name="world">Everybody.</param>
    /// <param name="documents">Policies and what they refer to.</param>
    /// <param name="numbers">Identities by name, to be the same in several worlds; whoever is not among them is added.</param>
    /// <param name="control">What policies for nodes cannot cut off.</param>
    public JudgedWorld(World world, IEnumerable<JsonElement> documents, Dictionary<string, uint>? numbers = null, ControlTraffic? control = null)
    {
        _numbers = numbers ?? [];
        _world = world with { Endpoints = [], Outside = [] };
        Engine = new PolicyEngine(world.ClusterName, control);
        foreach (var node in world.Nodes)
        {
            Engine.UpsertIdentity(NumberOf(node), LabelSet.Parse(node.Labels));
        }

        foreach (var endpoint in world.Endpoints)
        {
            Add(endpoint);
        }

        foreach (var address in world.Outside)
        {
            Add(address);
        }

        foreach (var document in documents)
        {
            Put(document);
        }
    }

    public PolicyEngine Engine { get; }

    public World World => _world;

    /// <summary>Parties the node judges traffic of.</summary>
    public IEnumerable<PolicySubject> Subjects => _world.Subjects.Select(SubjectOf);

    /// <summary>The outside in a dual-stack cluster, which is what the product runs: the world has a family.</summary>
    public static World DualStack(World world) => world with
    {
        Outside =
        [
            .. world.Outside.Select(address => address with
            {
                Labels = [.. address.Labels.Select(label => label != "reserved:world" ? label : address.Address.AddressFamily == AddressFamily.InterNetwork ? "reserved:world-ipv4" : "reserved:world-ipv6")],
            }),
        ],
    };

    public void Add(Endpoint endpoint)
    {
        _world = _world with { Endpoints = [.. _world.Endpoints, endpoint] };
        Know(endpoint);
    }

    public void Add(OutsideAddress address)
    {
        _world = _world with { Outside = [.. _world.Outside, address] };
        Relabel(address);
    }

    /// <summary>Gives a pod the labels and ports of another.</summary>
    public void Change(string name, Endpoint other)
    {
        var changed = other with { Name = name };
        _world = _world with { Endpoints = [.. _world.Endpoints.Select(endpoint => endpoint.Name == name ? changed : endpoint)] };
        Know(changed);
    }

    public void Remove(Party party)
    {
        _world = _world with { Endpoints = [.. _world.Endpoints.Where(p => p.Name != party.Name)], Outside = [.. _world.Outside.Where(p => p.Name != party.Name)] };
        Engine.RemoveIdentity(NumberOf(party));
    }

    /// <summary>Puts a document in force, and gives addresses the labels that the prefixes and names in force ask for.</summary>
    public void Put(JsonElement document)
    {
        var result = PolicyParser.Parse(document);
        var policy = result.Policy ?? throw new InvalidOperationException($"the oracle's generator made what the parser refuses: {string.Join("; ", result.Errors)}");
        Engine.UpsertPolicy(policy.Key, policy);
        RelabelAll();
    }

    public void Take(JsonElement document)
    {
        Engine.RemovePolicy(PolicyParser.Parse(document).Policy!.Key);
        RelabelAll();
    }

    public PolicySubject SubjectOf(Party party) => new(LabelSet.Parse(party.Labels), PortsOf(party));

    public PolicyInterval Decide(Question question) => Engine.SetOf(SubjectOf(_world.Find(question.Subject)))!.Lookup(
        DirectionOf(question), NumberOf(_world.Find(question.Peer)), TrafficMatch.ClassOf(ProtocolOf(question.Traffic.Protocol), (ushort)question.Traffic.Number));

    /// <summary>Named ports of an identity.</summary>
    public ImmutableArray<NamedPort> PortsOf(uint number) =>
        [.. _world.Endpoints.Where(endpoint => NumberOf(endpoint) == number).SelectMany(PortsOf).Select(port => port with { Name = port.Name.ToLowerInvariant() })];

    public uint NumberOf(Party party)
    {
        if (!_numbers.TryGetValue(party.Name, out var number))
        {
            _numbers[party.Name] = number = party.IsReserved("host") ? ReservedIdentity.Host : (uint)(1000 + _numbers.Count);
        }

        return number;
    }

    private static PolicyDirection DirectionOf(Question question) => question.Direction == Direction.Ingress ? PolicyDirection.Ingress : PolicyDirection.Egress;

    private static IEnumerable<NamedPort> PortsOf(Party party) =>
        party is Endpoint endpoint ? endpoint.Ports.Select(port => new NamedPort(port.Name, ProtocolOf(port.Protocol), (ushort)port.Number)) : [];

    private static IpProtocol ProtocolOf(L4Protocol protocol) => protocol switch
    {
        L4Protocol.Tcp => IpProtocol.Tcp,
        L4Protocol.Udp => IpProtocol.Udp,
        L4Protocol.Sctp => IpProtocol.Sctp,
        L4Protocol.Icmpv4 => IpProtocol.Icmp,
        L4Protocol.Icmpv6 => IpProtocol.Icmpv6,
        L4Protocol.Vrrp => IpProtocol.Vrrp,
        _ => IpProtocol.Igmp,
    };

    private void Know(Endpoint endpoint)
    {
        Engine.UpsertIdentity(NumberOf(endpoint), LabelSet.Parse(endpoint.Labels));
        Engine.SetNamedPorts(NumberOf(endpoint), PortsOf(endpoint));
    }

    private void RelabelAll()
    {
        foreach (var address in _world.Outside)
        {
            Relabel(address);
        }
    }

    private void Relabel(OutsideAddress address) => Engine.UpsertIdentity(
        NumberOf(address),
        new LabelSet(Engine.AddressLabels(address.Address, address.DnsNames).Concat(address.Labels.Select(Label.Parse))));
}
