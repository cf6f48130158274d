using System.Net;
using System.Text;
using Axoneme.Datapath.Layout;
using Axoneme.DatapathFuzz.Tests.Model;
using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;
using Axoneme.PolicyOracle.Generation;
using FsCheck;
using FsCheck.Fluent;
using Outcome = Axoneme.DatapathFuzz.Tests.Node.Outcome;

namespace Axoneme.DatapathFuzz.Tests;

/// <summary>
/// One seed: a world, its policies, and a few hundred packets among few flows, with changes, evictions and time between them. The same seed gives
/// the same packets.
/// </summary>
internal sealed class FuzzCase
{
    private const int Steps = 250;
    private const int Remembered = 64;
    private static readonly ushort[] ServerPorts = [79, 80, 81, 82, 443, 8080, 53, 9092, 22];
    private static readonly ushort[] ClientPorts = [1024, 40000, 40001, 80, 33000];
    private readonly Random _random;
    private readonly FuzzNode _node;
    private readonly FuzzWorld _world;
    private readonly KernelWriter _kernel;
    private readonly Referee _referee;
    private readonly FrameMaker _maker;
    private readonly FrameDamage _damage;
    private readonly List<Injection> _earlier = [];
    private readonly List<string> _story = [];
    private readonly List<Flow> _flows;
    private readonly FuzzServices _services;
    private readonly FuzzTally _tally;
    private readonly int _seed;

    public FuzzCase(FuzzNode node, int seed, FuzzTally tally)
    {
        (_node, _seed, _tally, _random) = (node, seed, tally, new Random(seed));
        var made = Gen.Sample(PolicyCases.Any(1), 1, new Rnd((ulong)seed), 50).Single();
        if (_random.Next(3) > 0)
        {
            // Requests are not the datapath's business: most worlds are without.
            made = made with { Documents = [.. made.Documents.Where(document => !document.GetRawText().Contains("\"rules\"") && !document.GetRawText().Contains("authentication"))] };
        }

        _world = new FuzzWorld(node, made, _random) { Unmasqueraded = _random.Next(3) == 0 ? [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("2001:db8:1::/48")] : [] };
        _kernel = new KernelWriter(node, _world, _random);
        _referee = new Referee(node, _world, _kernel);
        (_maker, _damage) = (new FrameMaker(_random), new FrameDamage(_random));
        _services = new FuzzServices(node, _world, _random);
        _kernel.Clear();
        _kernel.Write();
        _services.Write();
        _flows = [.. Enumerable.Range(0, 10).Select(_ => NewFlow())];
    }

    /// <summary>Plays the case. Throws with everything that replays it when a verdict is not right.</summary>
    public void Run()
    {
        for (var step = 0; step < Steps; step++)
        {
            switch (_random.Next(100))
            {
                case < 40:
                    Plain(Any(_flows));
                    break;
                case < 46:
                    Ask();
                    break;
                case < 50:
                    AnswerForService();
                    break;
                case < 52:
                    NameFrontend();
                    break;
                case < 64:
                    Try(Enter(Maybe(Any(_flows)), flow => _maker.Odd(flow, _random.Next(2) == 0)), isPlain: false);
                    break;
                case < 70:
                    Error();
                    break;
                case < 73:
                    Try(Enter(Maybe(Any(_flows)), _maker.Message), isPlain: false);
                    break;
                case < 75:
                    LinkMessage();
                    break;
                case < 83:
                    Damaged();
                    break;
                case < 87:
                    Answer();
                    break;
                case < 91:
                    Forged();
                    break;
                case < 93:
                    _flows[_random.Next(_flows.Count)] = NewFlow();
                    break;
                default:
                    Change();
                    break;
            }
        }
    }

    private T Any<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    private Flow Maybe(Flow flow) => _random.Next(2) == 0 ? flow : flow.Reversed;

    private Flow NewFlow()
    {
        while (true)
        {
            var family = _random.Next(2) == 0 ? 4 : 6;
            var (source, destination) = (Any(_world.Places), _random.Next(8) == 0 ? Stranger() : Any(_world.Places));
            var protocol = _random.Next(20) switch
            {
                < 9 => IpNumbers.Tcp,
                < 13 => IpNumbers.Udp,
                < 16 => family == 4 ? IpNumbers.Icmp : IpNumbers.Icmpv6,
                < 17 => IpNumbers.Sctp,
                < 18 => IpNumbers.UdpLite,
                _ => Any(new[] { IpNumbers.Gre, IpNumbers.Vrrp, IpNumbers.Igmp, IpNumbers.Esp, (byte)99 }),
            };
            if (source != destination && (source.IsHere || destination.IsHere) && source.Address(family) is not null && destination.Address(family) is not null)
            {
                var flow = new Flow(source, destination, family, protocol, Any(ClientPorts), Any(ServerPorts));
                return _random.Next(2) == 0 ? flow : new Flow(destination, source, family, protocol, flow.SourcePort, flow.DestinationPort);
            }
        }
    }

    private Place Stranger() => _world.PlaceOf(IPAddress.Parse(Any(["10.0.1.77", "10.1.0.2", "10.1.9.9", "192.0.2.99", "198.51.100.3", "2001:db8::77", "2001:db8:1::9", "2001:db8:2::1"])));

    private void Plain(Flow flow)
    {
        var isAnswer = _random.Next(5) < 2;
        Try(Enter(isAnswer ? flow.Reversed : flow, one => _maker.Plain(one, first: !isAnswer && _random.Next(2) == 0, isAnswer)), isPlain: true);
    }

    private void Error()
    {
        if (_earlier.Count == 0)
        {
            return;
        }

        var about = Any(_earlier).Frame;
        var read = StrictReader.Read(about);
        if (read.Family == 0)
        {
            return;
        }

        // Its receiver sends it, or a router, or somebody who has nothing to do with it.
        var sender = _random.Next(3) switch { 0 => Any(_world.Places), 1 => Stranger(), _ => _world.PlaceOf(read.Destination) };
        if (sender.Address(read.Family) is { } source)
        {
            var flow = new Flow(sender, _world.PlaceOf(read.Source), read.Family, 0, 0, 0);
            Try(Enter(flow, _ => _maker.Error(source, about)), isPlain: false);
        }
    }

    private void LinkMessage()
    {
        var pod = Any([.. _world.Here.Where(place => place.Kind == PlaceKind.LocalPod)]);
        var other = Any(_world.Places);
        var family = _random.Next(2) == 0 ? 4 : 6;
        var frame = _maker.LinkMessage(pod.Mac, pod.Address(family)!, other.Address(family) ?? FuzzNode.NodeIPv4);
        if (family == 6)
        {
            FrameMaker.WithMacs(frame, pod.Mac, pod.GatewayMac);
        }

        Try(new Injection("from_pod", pod.Ifindex, frame), isPlain: false);
    }

    private void Damaged()
    {
        if (_earlier.Count > 1)
        {
            var packet = Any(_earlier);
            Try(packet with { Frame = _damage.Damage(packet.Frame, Any(_earlier).Frame), Mark = 0 }, isPlain: false);
        }
    }

    /// <summary>What comes back from outside to a masqueraded sender.</summary>
    private void Answer()
    {
        if (_referee.Translations.Count > 0)
        {
            var (wire, _) = Any([.. _referee.Translations]);
            var flow = new Flow(_world.PlaceOf(wire.Source), _world.Host, wire.Family, wire.Protocol, wire.SourcePort, wire.DestinationPort);
            Try(new Injection("from_netdev", _node.Device, FrameMaker.WithMacs(_maker.Plain(flow, first: false, answer: true), FuzzNode.GatewayMac, FuzzNode.DeviceMac)), isPlain: false);
        }
    }

    /// <summary>Somebody asks a service, from the side it is for.</summary>
    private void Ask()
    {
        var service = Any(_services.All);
        var backend = _services.BackendOf(service);
        var inside = service.Flags.HasFlag(ServiceFlags.Internal);
        var clients = _world.Places.Where(place => place.Address(service.Family) is not null && (inside ? place.Kind == PlaceKind.LocalPod : !place.IsHere)).ToList();
        if (clients.Count == 0)
        {
            return;
        }

        var client = Any(clients);
        var flow = new Flow(client, _world.PlaceOf(service.Frontend.Address), service.Family, service.Protocol, Any(FuzzServices.ClientPorts), (ushort)service.Frontend.Port);
        var frame = _maker.Plain(flow, first: _random.Next(2) == 0, answer: false);
        var asked = inside ? new Injection("from_pod", client.Ifindex, FrameMaker.WithMacs(frame, client.Mac, client.GatewayMac)) : new Injection("from_netdev", _node.Device, FrameMaker.WithMacs(frame, FuzzNode.GatewayMac, FuzzNode.DeviceMac));
        var wanted = asked with { Frame = FuzzServices.Redirected(asked.Frame, backend?.Address(service.Family) ?? service.Frontend.Address, backend is null ? (ushort)service.Frontend.Port : service.BackendPort) };
        TryService(asked, wanted, (sight, outcome) => _referee.JudgeAsked(asked, sight, outcome, backend), "asks a service");
    }

    /// <summary>A backend answers a client, whether that asked or not.</summary>
    private void AnswerForService()
    {
        var service = Any(_services.All);
        if (_services.BackendOf(service) is not { } backend)
        {
            return;
        }

        var inside = service.Flags.HasFlag(ServiceFlags.Internal);
        var clients = _world.Places.Where(place => place != backend && place.Address(service.Family) is not null && (inside ? place.Kind == PlaceKind.LocalPod : !place.IsHere)).ToList();
        if (clients.Count == 0)
        {
            return;
        }

        var flow = new Flow(backend, Any(clients), service.Family, service.Protocol, service.BackendPort, Any(FuzzServices.ClientPorts));
        if (Enter(flow, one => _maker.Plain(one, first: false, answer: true)) is not { } answer)
        {
            return;
        }

        if (answer.Program == "from_pod")
        {
            TryService(answer, answer, (sight, outcome) => _referee.JudgeAnswer(answer, sight, outcome, backend), "answers for a service");
        }
        else
        {
            Try(answer, isPlain: false);
        }
    }

    /// <summary>Somebody outside names the frontend that another node was asked by.</summary>
    private void NameFrontend()
    {
        var family = _random.Next(2) == 0 ? 4 : 6;
        var pods = _world.Here.Where(place => place.Kind == PlaceKind.LocalPod && place.Address(family) is not null).ToList();
        var clients = _world.Places.Where(place => !place.IsHere && place.Address(family) is not null).ToList();
        var nodes = _world.RemoteNodes.Where(place => place.Address(family) is not null).ToList();
        if (pods.Count == 0 || clients.Count == 0 || nodes.Count == 0)
        {
            return;
        }

        var pod = Any(pods);
        var protocol = _random.Next(2) == 0 ? IpNumbers.Tcp : IpNumbers.Udp;
        var flow = new Flow(Any(clients), pod, family, protocol, Any(FuzzServices.ClientPorts), Any(ServerPorts));
        var frame = FrameMaker.WithMacs(_maker.Plain(flow, first: _random.Next(2) == 0, answer: false), FuzzNode.GatewayMac, FuzzNode.DeviceMac);
        var frontend = new IPEndPoint(Any(nodes).Address(family)!, _random.Next(4) == 0 ? FuzzServices.NamedPort + 1 : FuzzServices.NamedPort);
        var wanted = new Injection("from_netdev", _node.Device, frame);
        TryService(wanted with { Frame = FuzzServices.Naming(frame, frontend, _random) }, wanted, (sight, outcome) => _referee.JudgeNamed(sight, outcome, pod), "names a frontend");
    }

    private void TryService(Injection packet, Injection wanted, Func<Sight, Outcome, string?> judge, string what)
    {
        Sight sight;
        try
        {
            sight = _referee.Look(wanted, isPlain: false);
        }
        catch (InvalidOperationException unknown)
        {
            throw Failure(packet, null, unknown.Message);
        }

        var outcome = _node.Inject(packet);
        _tally.CountService(what, outcome);
        _story.Add($"  {what}: {packet}\n    → {outcome}");
        if (judge(sight, outcome) is { } fault)
        {
            throw Failure(packet, outcome, fault);
        }
    }

    /// <summary>Somebody's packet where it has no business.</summary>
    private void Forged()
    {
        var (flow, other) = (Maybe(Any(_flows)), Any(_world.Places));
        if (Enter(flow, one => _maker.Plain(one, first: _random.Next(2) == 0, answer: false)) is { } packet && other.Address(flow.Family) is not null)
        {
            var elsewhere = Enter(flow with { Source = other }, _ => [.. packet.Frame]);
            Try(_random.Next(3) == 0 ? packet with { TunnelIdentity = _world.IdentityOf(other), TunnelNode = _random.Next(2) == 0 ? packet.TunnelNode : 0xC6336403 } : elsewhere, isPlain: false);
        }
    }

    /// <summary>A packet of that flow, where it enters this node or leaves it; null when it does neither.</summary>
    private Injection? Enter(Flow flow, Func<Flow, byte[]> make)
    {
        var (source, destination) = (flow.Source, flow.Destination);
        switch (source.Kind)
        {
            case PlaceKind.LocalPod:
                return new Injection("from_pod", source.Ifindex, FrameMaker.WithMacs(make(flow), source.Mac, source.GatewayMac));
            case PlaceKind.Host when destination.Kind == PlaceKind.LocalPod:
                return new Injection("to_pod", destination.Ifindex, FrameMaker.WithMacs(make(flow), destination.GatewayMac, destination.Mac));
            case PlaceKind.Host:
                var intoTunnel = destination.Tunnel != 0;
                return new Injection(intoTunnel ? "to_overlay" : "to_netdev", intoTunnel ? _node.Overlay : _node.Device, FrameMaker.WithMacs(make(flow), FuzzNode.DeviceMac, FuzzNode.GatewayMac));
        }

        if (!destination.IsHere)
        {
            return null;
        }

        var frame = FrameMaker.WithMacs(make(flow), FuzzNode.GatewayMac, FuzzNode.DeviceMac);
        if (source.Tunnel != 0 && (source.Kind == PlaceKind.RemotePod || _random.Next(2) == 0))
        {
            var identity = source.Kind == PlaceKind.RemoteNode ? 6 : _world.IdentityOf(source);
            return new Injection("from_overlay", _node.Overlay, frame, TunnelIdentity: identity, TunnelNode: BitConverter.ToUInt32([.. FuzzWorld.Underlay(source.Tunnel).GetAddressBytes().Reverse()]));
        }

        return destination.Kind == PlaceKind.LocalPod && _random.Next(4) == 0
            ? new Injection("to_pod", destination.Ifindex, FrameMaker.WithMacs(frame, destination.GatewayMac, destination.Mac), ArrivedOn: _node.Device)
            : new Injection("from_netdev", _node.Device, frame);
    }

    private void Try(Injection? packet, bool isPlain)
    {
        if (packet is not { CanRun: true })
        {
            return;
        }

        Sight sight;
        try
        {
            sight = _referee.Look(packet, isPlain);
        }
        catch (InvalidOperationException unknown)
        {
            throw Failure(packet, null, unknown.Message);
        }

        Outcome outcome;
        try
        {
            outcome = _node.Inject(packet);
        }
        catch (Exception refused)
        {
            throw Failure(packet, null, $"the kernel refused the run: {refused.Message}");
        }

        _tally.Count(packet, sight, outcome);
        _story.Add($"  {packet}\n    → {outcome}");
        if (_referee.Judge(packet, sight, outcome) is { } fault)
        {
            throw Failure(packet, outcome, fault);
        }

        Remember(packet);
        GoOn(packet, outcome);
    }

    /// <summary>What the stack does with what it is left.</summary>
    private void GoOn(Injection packet, Outcome outcome)
    {
        var after = StrictReader.Read(outcome.Frame);
        if (outcome.Verdict != Outcome.Pass || after.Family == 0 || after.Flaw is not null)
        {
            return;
        }

        var receiver = _world.PlaceOf(after.Destination);
        if (packet.Program == "from_netdev" && receiver.Kind == PlaceKind.LocalPod)
        {
            Try(new Injection("to_pod", receiver.Ifindex, outcome.Frame, ArrivedOn: _node.Device), isPlain: false);
        }
        else if (packet.Program == "from_pod" && !receiver.IsHere && !after.IsLinkMessage)
        {
            var intoTunnel = receiver.Tunnel != 0;
            Try(new Injection(intoTunnel ? "to_overlay" : "to_netdev", intoTunnel ? _node.Overlay : _node.Device, outcome.Frame, Mark: outcome.Mark), isPlain: false);
        }
    }

    private void Remember(Injection packet)
    {
        if (_earlier.Count < Remembered)
        {
            _earlier.Add(packet);
        }
        else
        {
            _earlier[_random.Next(Remembered)] = packet;
        }
    }

    /// <summary>Something else than a packet happens.</summary>
    private void Change()
    {
        switch (_random.Next(7))
        {
            case 0 or 1:
                _story.Add($"  * {_world.ChangePolicies(_random.Next())}");
                break;
            case 2:
                var pods = _world.Places.Where(place => place.Party is PolicyOracle.Endpoint && !place.Party.Labels.Any(label => label.StartsWith("reserved:", StringComparison.Ordinal))).ToList();
                if (pods.Count > 0)
                {
                    _story.Add($"  * {_world.ChangeLabels(Any(pods), _random.Next())}");
                }

                break;
            case 3:
                _referee.Connections.Evict(_random);
                _story.Add("  * some connections are evicted");
                break;
            case 4:
                _node.Datapath.Nat.DeleteMany([.. _node.Datapath.Nat.Entries().Select(entry => entry.Key).Where(_ => _random.Next(3) == 0)]);
                _story.Add("  * some translations are evicted");
                break;
            case 5:
                _referee.Connections.Age((protocol, entry) => _random.Next(3) == 0 ? ConntrackClock.Timeout(protocol, entry.Flags) + 2 : 0);
                _story.Add("  * some connections expire");
                break;
            default:
                _story.Add("  * a tick passes");
                break;
        }

        _kernel.Write();
        _referee.Connections.Age((_, _) => 1);
        for (var i = 0; i < _flows.Count; i++)
        {
            _flows[i] = _flows[i] with { Source = Now(_flows[i].Source), Destination = Now(_flows[i].Destination) };
        }
    }

    private Place Now(Place place) => _world.Places.FirstOrDefault(one => one.Party.Name == place.Party.Name) ?? place;

    private InvalidOperationException Failure(Injection packet, Outcome? outcome, string fault)
    {
        var text = new StringBuilder($"{fault}\n{_node.Settings}, seed {_seed}, packet {_story.Count}: {packet}\n");
        text.Append($"    → {outcome}\nwhat happened before:\n");
        text.AppendJoin('\n', _story.TakeLast(40)).Append('\n').Append(_world.ToYaml());
        return new InvalidOperationException(text.ToString());
    }
}
