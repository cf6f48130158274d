using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Programs;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>
/// Two pods of one node, their maps and the loaded programs. Packets go through the real programs in the kernel by test
/// runs; the pods' interfaces are real ones in the fixture's namespace, because a test run wants them to exist.
/// </summary>
internal class PacketWorld(NodeDatapath datapath, bool ipv6, uint clientIfindex, uint serverIfindex)
{
    public const int Drop = 2;
    public const int Pass = 0;
    public const int Redirect = 7;

    public const uint ClientIdentity = 1000;
    public const uint ServerIdentity = 2000;
    public const uint HostIdentity = 1;
    public const uint AnyClass = 0xFFFFFF;

    private readonly List<DatapathEvent> _events = [];
    private readonly ProgramTestRun _fromPod = datapath.TestRun("from_pod");
    private readonly ProgramTestRun _toPod = datapath.TestRun("to_pod");

    public bool IsIPv6 => ipv6;
    public IDatapath Datapath => datapath;
    public uint ClientIfindex => clientIfindex;
    public uint ServerIfindex => serverIfindex;

    public IPAddress Client { get; } = IPAddress.Parse(ipv6 ? "fd00::2" : "10.244.0.2");
    public IPAddress Server { get; } = IPAddress.Parse(ipv6 ? "fd00::3" : "10.244.0.3");
    public IPAddress Host { get; } = IPAddress.Parse(ipv6 ? "fd00::1" : "10.244.0.1");
    public IPAddress Outside { get; } = IPAddress.Parse(ipv6 ? "2001:db8::9" : "192.0.2.9");

    public static MacAddress ClientMac { get; } = MacAddress.Parse("02:00:00:00:00:02");
    public static MacAddress ServerMac { get; } = MacAddress.Parse("02:00:00:00:00:03");
    public static MacAddress GatewayMac { get; } = MacAddress.Parse("02:00:00:00:00:01");
    public static MacAddress ServerGatewayMac { get; } = MacAddress.Parse("02:00:00:00:01:01");
    public static MacAddress StrangerMac { get; } = MacAddress.Parse("02:00:00:00:00:66");

    public EndpointEntry ClientEntry { get; private set; }
    public EndpointEntry ServerEntry { get; private set; }

    /// <summary>Both pods have policy in both directions and no rule: default deny.</summary>
    public virtual PacketWorld Reset()
    {
        Clear(datapath.Conntrack4);
        Clear(datapath.Conntrack6);
        Clear(datapath.Policy);
        Clear(datapath.Hosts);
        Clear(datapath.Prefixes);
        SetClient(new EndpointEntry
        {
            Identity = ClientIdentity, PolicyId = 1, PolicyRevision = 1, Id = 11, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced,
            Mac = ClientMac, GatewayMac = GatewayMac, Ipv4 = ipv6 ? 0 : IpAddressKey.From(Client).Word3, Ipv6 = ipv6 ? IpAddressKey.From(Client) : default,
        });
        SetServer(new EndpointEntry
        {
            Identity = ServerIdentity, PolicyId = 2, PolicyRevision = 1, Id = 12, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced,
            Mac = ServerMac, GatewayMac = ServerGatewayMac, Ipv4 = ipv6 ? 0 : IpAddressKey.From(Server).Word3, Ipv6 = ipv6 ? IpAddressKey.From(Server) : default,
        });
        datapath.Hosts.Put(IpAddressKey.From(Client), new IpcacheEntry { Identity = ClientIdentity, Ifindex = clientIfindex });
        datapath.Hosts.Put(IpAddressKey.From(Server), new IpcacheEntry { Identity = ServerIdentity, Ifindex = serverIfindex });
        datapath.Hosts.Put(IpAddressKey.From(Host), new IpcacheEntry { Identity = HostIdentity });
        DrainEvents();
        return this;
    }

    public void SetClient(EndpointEntry entry) => datapath.Endpoints.Put(clientIfindex, ClientEntry = entry);

    public void SetServer(EndpointEntry entry) => datapath.Endpoints.Put(serverIfindex, ServerEntry = entry);

    /// <summary>One rule for one identity (0: any).</summary>
    public PacketWorld Rule(uint policyId, TrafficDirection direction, uint identity, uint low, uint high, uint verdict = 1, uint rule = 20)
    {
        datapath.Policy.Put(PolicyKey.Of(policyId, direction, identity), new PolicyEntry(0, 1, new PolicyRangeEntry(low, high, verdict, rule)));
        return this;
    }

    /// <summary>A list of intervals, as user space writes it: sorted and disjoint.</summary>
    public PacketWorld Rules(uint policyId, TrafficDirection direction, uint identity, uint first, params PolicyRangeEntry[] ranges)
    {
        for (var i = 0; i < ranges.Length; i++)
        {
            datapath.PolicyRanges.Put(first + (uint)i, ranges[i]);
        }

        datapath.Policy.Put(PolicyKey.Of(policyId, direction, identity), new PolicyEntry(first, (uint)ranges.Length, default));
        return this;
    }

    /// <summary>Client may send <paramref name="trafficClass"/> to server and the server takes it from the client.</summary>
    public PacketWorld AllowClientToServer(uint trafficClass) =>
        Rule(1, TrafficDirection.Egress, ServerIdentity, trafficClass, trafficClass, rule: 21)
            .Rule(2, TrafficDirection.Ingress, ClientIdentity, trafficClass, trafficClass, rule: 22);

    public static uint Class(byte protocol, ushort port) => (uint)protocol << 16 | port;

    public PacketOutcome FromClient(byte[] ipPacket, MacAddress? source = null) => Run(_fromPod, clientIfindex, Frame(ipPacket, source ?? ClientMac, GatewayMac));

    public PacketOutcome FromServer(byte[] ipPacket) => Run(_fromPod, serverIfindex, Frame(ipPacket, ServerMac, ServerGatewayMac));

    public PacketOutcome ToServer(byte[] ipPacket) => Run(_toPod, serverIfindex, Frame(ipPacket, ServerGatewayMac, ServerMac));

    /// <summary>To the server, having come to this node by an interface rather than from the node itself.</summary>
    public PacketOutcome ForwardedToServer(byte[] ipPacket) => Run(_toPod, serverIfindex, Frame(ipPacket, ServerGatewayMac, ServerMac), arrivedOn: clientIfindex);

    public PacketOutcome ToClient(byte[] ipPacket) => Run(_toPod, clientIfindex, Frame(ipPacket, GatewayMac, ClientMac));

    public PacketOutcome FromClientFrame(byte[] frame) => Run(_fromPod, clientIfindex, frame);

    public PacketOutcome ToServerFrame(byte[] frame) => Run(_toPod, serverIfindex, frame);

    public byte[] Tcp(ushort source, ushort destination, TcpFlags flags) => Ip(Client, Server, PacketBuilder.Tcp, TcpSegment(source, destination, flags));

    public byte[] TcpReply(ushort source, ushort destination, TcpFlags flags) => Ip(Server, Client, PacketBuilder.Tcp, TcpSegment(source, destination, flags));

    public byte IcmpProtocol => ipv6 ? Icmp6 : Icmp;

    public byte EchoRequest => ipv6 ? (byte)128 : (byte)8;

    public byte EchoReply => ipv6 ? (byte)129 : (byte)0;

    public byte Unreachable => ipv6 ? (byte)1 : (byte)3;

    public int ConnectionCount => datapath.Conntrack4.Entries().Count + datapath.Conntrack6.Entries().Count;

    public ConntrackEntry Connection => ipv6 ? datapath.Conntrack6.Entries().Single().Value : datapath.Conntrack4.Entries().Single().Value;

    public void ChangeConnection(Func<ConntrackEntry, ConntrackEntry> change)
    {
        if (ipv6)
        {
            var (key, value) = datapath.Conntrack6.Entries().Single();
            datapath.Conntrack6.Put(key, change(value));
        }
        else
        {
            var (key, value) = datapath.Conntrack4.Entries().Single();
            datapath.Conntrack4.Put(key, change(value));
        }
    }

    public ulong Counter(uint index) => datapath.ReadCounters().Where(counter => counter.Index == index).Select(counter => counter.Packets).SingleOrDefault();

    public byte[] ClientFrame(byte[] ipPacket) => Frame(ipPacket, ClientMac, GatewayMac);

    protected byte[] Frame(byte[] ipPacket, MacAddress source, MacAddress destination) =>
        Ethernet(source, destination, ipv6 ? (ushort)0x86DD : (ushort)0x0800, ipPacket);

    /// <summary>What a run did, and the events it left.</summary>
    protected PacketOutcome Observe(byte[] frame, Func<ProgramTestRunResult> run)
    {
        DrainEvents();
        var result = run();
        return new PacketOutcome(result.Verdict, result.Output.ToArray(), DrainEvents(), frame, result.Mark);
    }

    private PacketOutcome Run(ProgramTestRun program, uint ifindex, byte[] frame, uint arrivedOn = 0) =>
        Observe(frame, () => program.Run(frame, ifindex, ingressIfindex: arrivedOn));

    private DatapathEvent[] DrainEvents()
    {
        _events.Clear();
        datapath.DrainEvents(batch => _events.AddRange(batch));
        return [.. _events];
    }

    protected static void Clear<TKey, TValue>(IKernelMap<TKey, TValue> map)
        where TKey : unmanaged
        where TValue : unmanaged => map.DeleteMany([.. map.Entries().Select(entry => entry.Key)]);
}
