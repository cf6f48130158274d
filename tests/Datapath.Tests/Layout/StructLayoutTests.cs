using System.Reflection;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Layout;

/// <summary>Every C structure that user space reads or writes has a C# twin of the same size with the same fields at the same offsets.</summary>
public class StructLayoutTests
{
    private static readonly TypeInformation _types = new(new ElfObject(NodeDatapath.EmbeddedObject(InterfaceRole.Pod)).Section(".BTF"), "object pod");

    [Theory]
    [InlineData("ip_address", typeof(IpAddressKey))]
    [InlineData("endpoint", typeof(EndpointEntry))]
    [InlineData("ipcache_entry", typeof(IpcacheEntry))]
    [InlineData("prefix", typeof(PrefixKey))]
    [InlineData("policy_key", typeof(PolicyKey))]
    [InlineData("policy_entry", typeof(PolicyEntry))]
    [InlineData("policy_range", typeof(PolicyRangeEntry))]
    [InlineData("conntrack_key4", typeof(ConntrackKey4))]
    [InlineData("conntrack_key6", typeof(ConntrackKey6))]
    [InlineData("conntrack_end", typeof(ConntrackEnd))]
    [InlineData("next_hop", typeof(NextHop))]
    [InlineData("conntrack_entry", typeof(ConntrackEntry))]
    [InlineData("nat_key", typeof(NatKey))]
    [InlineData("nat_entry", typeof(NatEntry))]
    [InlineData("service_key", typeof(ServiceKey))]
    [InlineData("service_pool", typeof(ServicePool))]
    [InlineData("service", typeof(ServiceEntry))]
    [InlineData("pool_slot", typeof(PoolSlot))]
    [InlineData("backend", typeof(BackendEntry))]
    [InlineData("maglev_key", typeof(MaglevKey))]
    [InlineData("node_port", typeof(NodePortKey))]
    [InlineData("affinity_key", typeof(AffinityKey))]
    [InlineData("affinity_entry", typeof(AffinityEntry))]
    [InlineData("source_range", typeof(SourceRangeKey))]
    [InlineData("socket_peer_key", typeof(SocketPeerKey))]
    [InlineData("socket_peer", typeof(SocketPeer))]
    [InlineData("device", typeof(DeviceEntry))]
    [InlineData("tuple", typeof(PacketTuple))]
    [InlineData("way", typeof(PacketWay))]
    [InlineData("event", typeof(DatapathEvent))]
    [InlineData("config", typeof(DatapathConfig))]
    public void A_C_structure_and_its_twin_have_the_same_size_and_offsets(string name, Type twin)
    {
        var structure = _types.Structure(name) ?? throw new InvalidOperationException($"no BTF for struct {name}: let a map's value, a global or a function's argument have this type");
        Assert.Equal(structure.Size, (uint)Marshal.SizeOf(twin));

        var fields = twin.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
            .ToDictionary(field => field.Name.Split('<', '>') is [_, var property, _] ? property : field.Name);
        var matched = new HashSet<string>();
        foreach (var member in structure.Members!)
        {
            var twins = TwinsOf(member.Name, fields);
            Assert.True(twins.Count > 0, $"struct {name}: member {member.Name} has no field in {twin.Name}");
            var (offset, end) = ((int)member.Bit / 8, (int)(member.Bit / 8 + member.Type.Size));
            foreach (var field in twins)
            {
                Assert.Equal((member.Name, offset), (member.Name, (int)Marshal.OffsetOf(twin, fields[field].Name)));
                offset += SizeOf(fields[field].FieldType);
                matched.Add(field);
            }

            Assert.Equal((member.Name, end), (member.Name, offset));
        }

        Assert.Equal(fields.Keys.Order(), matched.Order());
    }

    [Theory]
    [InlineData("0.0.0.0/0", 96)]
    [InlineData("10.0.0.0/8", 104)]
    [InlineData("::/0", 0)]
    [InlineData("fd00::/64", 64)]
    public void A_prefix_survives_the_way_through_its_key(string network, uint length)
    {
        var key = PrefixKey.From(System.Net.IPNetwork.Parse(network));
        Assert.Equal(length, key.Length);
        Assert.Equal(network, key.ToIPNetwork().ToString());
    }

    /// <summary><c>policy_id</c> is PolicyId, <c>pad</c> is _pad; an array may be fields numbered from 0.</summary>
    private static List<string> TwinsOf(string member, Dictionary<string, FieldInfo> fields)
    {
        var pascal = string.Concat(member.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        foreach (var candidate in new[] { pascal, $"_{member}" })
        {
            if (fields.ContainsKey(candidate))
            {
                return [candidate];
            }

            var numbered = Enumerable.Range(0, 16).Select(i => $"{candidate}{i}").TakeWhile(fields.ContainsKey).ToList();
            if (numbered.Count > 0)
            {
                return numbered;
            }
        }

        return [];
    }

    private static int SizeOf(Type type) => Marshal.SizeOf(type.IsEnum ? type.GetEnumUnderlyingType() : type);
}
